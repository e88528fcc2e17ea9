"""Every classifier on every training set, tested on real and on generated images."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import StudySettings
from leukgan.presentation.console import part_of, status


@app("classify")
def main(config: StudySettings) -> Path:
    from leukgan.study import SplitStudy, build_study, refuse_test_copies

    study = build_study(config)
    indices = config.split.chosen()
    with status("quality") as show:
        for position, index in enumerate(indices):
            split = SplitStudy(study, index)
            split.evaluate(part_of(show, position / len(indices), (position + 1) / len(indices)))
            split.artifacts.finish()
    refuse_test_copies(study, indices, study.folder.path)
    return study.folder.path


if __name__ == "__main__":
    main()
