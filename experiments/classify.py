"""Every classifier on every training set, tested on real and on generated images."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import StudySettings
from leukgan.presentation.console import each, status, within


@app("classify")
def main(config: StudySettings) -> Path:
    from leukgan.study import SplitStudy, build_study, refuse_test_copies

    study = build_study(config)
    for index in each(config.split.chosen(), "splits"):
        split = SplitStudy(study, index)
        with status("quality") as show:
            split.evaluate(within(show, f"split {index}"))
        split.artifacts.finish()
    refuse_test_copies(study, config.split.chosen(), study.folder.path)
    return study.folder.path


if __name__ == "__main__":
    main()
