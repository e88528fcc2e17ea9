"""The GAN of one class, or of both, on the training part of one split or several."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import TrainGANSettings
from leukgan.presentation.console import stderr_console


@app("train_gan", trains=True)
def main(config: TrainGANSettings) -> Path:
    from leukgan.search.jobs import rounds_of_jobs
    from leukgan.study import build_study, train_gans

    study = build_study(config, classifies=False)
    for fault in train_gans(study, config.split.chosen(), config.class_name, rounds=rounds_of_jobs()):
        stderr_console().print(fault)
    return study.folder.path


if __name__ == "__main__":
    main()
