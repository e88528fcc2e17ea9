"""The splits of a study alone: split.json, and on request the training images for a generator of your own."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import SplitCommandSettings
from leukgan.presentation.console import stderr_console


@app("split")
def main(config: SplitCommandSettings) -> Path:
    from leukgan.data.images import write_images
    from leukgan.study import SplitStudy, build_study

    study = build_study(config, classifies=False)
    for index in config.split.chosen():
        split = SplitStudy(study, index)
        split.prepare()
        stderr_console().print(str(split.folder.split))
        if config.output is not None:
            write_images(split.split.train, Path(config.output) / split.folder.path.name)
    return study.folder.path


if __name__ == "__main__":
    main()
