"""Every classifier on every training set, tested on real and on generated images."""

from pathlib import Path

from rich.console import Console

from leukgan.cli import app
from leukgan.config import StudySettings


@app("classify")
def main(config: StudySettings) -> Path:
    from leukgan.study import SplitStudy, build_study, refuse_test_copies

    study = build_study(config)
    for index in config.split.chosen():
        split = SplitStudy(study, index)
        with Console(stderr=True).status("quality") as status:
            split.evaluate(status.update)
        split.artifacts.finish()
    refuse_test_copies(study, config.split.chosen(), study.folder.path)
    return study.folder.path


if __name__ == "__main__":
    main()
