"""The GAN of one class, or of both, on the training part of one split or several."""

from pathlib import Path

from rich.console import Console

from leukgan.cli import app
from leukgan.config import TrainGANSettings


@app("train_gan", trains=True)
def main(config: TrainGANSettings) -> Path:
    from leukgan.study import build_study, train_gans

    study = build_study(config, classifies=False)
    for fault in train_gans(study, config.split.chosen(), config.class_name):
        Console(stderr=True).print(fault, markup=False)
    return study.folder.path


if __name__ == "__main__":
    main()
