"""What is in a data source and what is wrong with it, before a study uses it."""

from pathlib import Path

from hydra.utils import instantiate
from omegaconf import DictConfig
from rich.console import Console

from leukgan.cli import app
from leukgan.config import split_indices
from leukgan.data.check import check, write_check
from leukgan.data.sources.registry import source_by_target
from leukgan.data.split_file import own_training_images, split_of
from leukgan.errors import InputError
from leukgan.report import count_comparisons, describe_power
from leukgan.run_folder.files import command
from leukgan.study.settings import build, check_study


@app("check_data")
def main(cfg: DictConfig) -> Path:
    check_study(cfg)
    source = build("data", lambda: instantiate(cfg.data, _convert_="all"))
    with Console(stderr=True).status("") as status:
        checked = check(
            source,
            source_by_target(cfg.data._target_).name,
            group_repeats=cfg.split.group_repeats,
            group_blocks=cfg.split.group_blocks,
            overlaps=cfg.overlaps,
            split=lambda images: [split_of(images, cfg.split, index=i, seed=cfg.seed) for i in split_indices(cfg)],
            show=status.update,
        )
        status.update("writing the page")
        family, design = count_comparisons(cfg.classifiers, cfg.training_sets), None
        if family and checked.splits and checked.images is not None:
            first, own = checked.splits[0], own_training_images(checked.images, cfg.split)
            sizes = len(checked.splits), len(first.test), len(first.train)
            design = describe_power(*sizes, family, disjoint_training_sets=own)
        page = write_check(
            checked,
            Path("runs") / cfg.name / "check",
            augmentation=dict(cfg.augmentation),
            design=design,
            command=command(),
        )
    if checked.refusal:
        raise InputError(f"a study of this data would be invalid: {checked.refusal.rstrip('.')}; {page} shows it.")
    return page


if __name__ == "__main__":
    main()
