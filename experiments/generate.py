"""Images from trained GANs, with a manifest that says where each comes from."""

from pathlib import Path

from omegaconf import DictConfig

from leukgan.app import app
from leukgan.settings import plan_of, split_indices
from leukgan.study import SplitRun


@app("generate")
def main(cfg: DictConfig) -> Path:
    plan = plan_of(cfg, classifies=False)
    for index in split_indices(cfg):
        SplitRun(plan, index).generate()
    return plan.folder


if __name__ == "__main__":
    main()
