"""Images from trained GANs, with a manifest that says where each comes from: a study's, or one GAN's by seed."""

import itertools
from pathlib import Path

from leukgan.cli import app
from leukgan.config import GenerateSettings
from leukgan.errors import InputError
from leukgan.presentation.console import part_of, status


@app("generate")
def main(config: GenerateSettings) -> Path:
    from leukgan.study import SplitStudy, build_study

    if config.checkpoint is not None:
        return sample(config, Path(config.checkpoint))
    if config.seeds is not None:
        raise InputError(f"seeds={config.seeds} needs the GAN that draws them; add checkpoint=<file>.")

    study, indices = build_study(config, classifies=False), config.split.chosen()
    with status("drawing the images") as show:
        for position, index in enumerate(indices):
            SplitStudy(study, index).generate(part_of(show, position / len(indices), (position + 1) / len(indices)))
    return study.folder.path


def sample(config: GenerateSettings, checkpoint: Path) -> Path:
    from leukgan.generation import SeededSamples, parse_seeds, write_samples

    samples = SeededSamples(
        checkpoint,
        parse_seeds(config.seeds),
        truncation=config.truncation,
        interpolation=config.interpolation,
        label=config.label,
    )
    count, done = len(samples), itertools.count(1)
    with status("drawing the images") as show:

        def progress() -> None:
            number = next(done)
            show(f"image {number} of {count}", number / count)

        return write_samples(samples, Path(config.output), kind=config.format, progress=progress)


if __name__ == "__main__":
    main()
