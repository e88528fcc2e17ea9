"""Trained GANs side by side: a table and figures of what they draw and how far they have overfitted."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import CompareGANsSettings
from leukgan.presentation.console import status
from leukgan.run_folder.paths import RUNS


@app("compare_gans")
def main(config: CompareGANsSettings) -> Path:
    from leukgan.gans.compare import write_gan_comparison

    with status("") as show:
        return write_gan_comparison(
            [RUNS / name for name in config.runs],
            RUNS / config.name,
            weights=config.weights,
            images=config.images,
            seed=config.seed,
            progress=show,
        )


if __name__ == "__main__":
    main()
