"""The GAN of one class, or of both, on the training part of one split or several."""

from pathlib import Path

from omegaconf import DictConfig

from leukgan.app import app
from leukgan.checks import check_choice, split_indices
from leukgan.settings import plan_of
from leukgan.study import SplitRun


@app("train_gan", trains=True)
def main(cfg: DictConfig) -> Path:
    plan = plan_of(cfg, classifies=False)
    classes = plan.images.classes
    if cfg.class_name is not None:
        check_choice("class_name", [cfg.class_name], classes)
    for index in split_indices(cfg):
        split = SplitRun(plan, index)
        split.prepare()
        split.train_gans([label for label, name in enumerate(classes) if cfg.class_name in (None, name)])
    return plan.folder


if __name__ == "__main__":
    main()
