"""Trained GANs side by side: a table and figures of what they draw and how far they have overfitted."""

from pathlib import Path

from rich.console import Console

from leukgan.cli import app
from leukgan.config import CompareGANsSettings
from leukgan.gans.compare import write_gan_comparison


@app("compare_gans")
def main(config: CompareGANsSettings) -> Path:
    runs = Path("runs")
    with Console(stderr=True).status("") as status:
        return write_gan_comparison(
            [runs / name for name in config.runs],
            runs / config.name,
            weights=config.weights,
            images=config.images,
            seed=config.seed,
            show=status.update,
        )


if __name__ == "__main__":
    main()
