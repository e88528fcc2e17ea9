"""Trained GANs side by side: a table and figures of what they draw and how far they have overfitted."""

from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console

from leukgan.cli import app
from leukgan.report import write_gan_comparison


@app("compare_gans")
def main(cfg: DictConfig) -> Path:
    runs = Path("runs")
    with Console(stderr=True).status("") as status:
        return write_gan_comparison(
            [runs / name for name in cfg.runs],
            runs / cfg.name,
            weights=cfg.weights,
            images=cfg.images,
            seed=cfg.seed,
            show=status.update,
        )


if __name__ == "__main__":
    main()
