"""The GAN of one class, or of both, on the training part of one split or several."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import TrainGANSettings


@app("train_gan", trains=True)
def main(config: TrainGANSettings) -> Path:
    from leukgan.study import build_study, train_gans

    study = build_study(config, classifies=False)
    train_gans(study, config.split.chosen(), config.class_name)
    return study.folder.path


if __name__ == "__main__":
    main()
