"""The GAN of one class, or of both, on the training part of one split or several."""

from pathlib import Path

from omegaconf import DictConfig

from leukgan.cli import app
from leukgan.config import split_indices
from leukgan.study.settings import plan_of
from leukgan.study.split_gans import train_gans


@app("train_gan", trains=True)
def main(cfg: DictConfig) -> Path:
    plan = plan_of(cfg, classifies=False)
    train_gans(plan, split_indices(cfg), cfg.class_name)
    return plan.folder


if __name__ == "__main__":
    main()
