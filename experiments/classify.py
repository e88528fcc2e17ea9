"""Every classifier on every training set, tested on real and on generated images."""

from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console

from leukgan.cli import app
from leukgan.config import split_indices
from leukgan.study.settings import plan_of
from leukgan.study.split_run import SplitRun


@app("classify")
def main(cfg: DictConfig) -> Path:
    plan = plan_of(cfg)
    for index in split_indices(cfg):
        split = SplitRun(plan, index)
        with Console(stderr=True).status("quality") as status:
            split.evaluate(status.update)
        split.made.finish()
    return plan.folder


if __name__ == "__main__":
    main()
