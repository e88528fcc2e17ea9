"""Images from trained GANs, with a manifest that says where each comes from: a study's, or one GAN's by seed."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import GenerateSettings
from leukgan.errors import InputError
from leukgan.presentation.console import each, status, within


@app("generate")
def main(config: GenerateSettings) -> Path:
    from leukgan.study import SplitStudy, build_study

    if config.checkpoint is not None:
        return sample(config, Path(config.checkpoint))
    if config.seeds is not None:
        raise InputError(f"seeds={config.seeds} needs the GAN that draws them; add checkpoint=<file>.")

    study = build_study(config, classifies=False)
    for index in each(config.split.chosen(), "splits"):
        with status("generated images") as show:
            SplitStudy(study, index).generate(within(show, f"split {index}"))
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
    with status("images") as show:
        return write_samples(samples, Path(config.output), kind=config.format, progress=show)


if __name__ == "__main__":
    main()
