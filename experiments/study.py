"""The whole way for one split or several: images, split, GANs, generated images, classifiers, report."""

from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console

from leukgan.cli import app
from leukgan.config import split_indices
from leukgan.report import count_comparisons, describe_power, write_report
from leukgan.search.jobs import does_some_splits
from leukgan.study.settings import plan_of
from leukgan.study.split_run import SplitRun


@app("study", trains=True)
def main(cfg: DictConfig) -> Path:
    plan = plan_of(cfg)
    console = Console(stderr=True)
    console.print(plan.memory())
    indices = split_indices(cfg)
    first = SplitRun(plan, indices[0]).split
    family = count_comparisons(cfg.classifiers, cfg.training_sets)
    if family and not does_some_splits():
        sizes, own = (len(indices), len(first.test), len(first.train)), plan.own_training_images
        console.print(str(describe_power(*sizes, family, disjoint_training_sets=own)))
    for index in indices:
        split = SplitRun(plan, index)
        console.print(f"Split {index}: {len(split.split.train)} training and {len(split.split.test)} test images")
        split.prepare()
        split.train_gans()
        split.generate()
        with console.status("quality") as status:
            split.evaluate(status.update)
        split.made.finish()
    return plan.folder if does_some_splits() else write_report(plan.folder, tracking=plan.tracking)


if __name__ == "__main__":
    main()
