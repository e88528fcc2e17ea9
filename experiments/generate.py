"""Images from trained GANs, with a manifest that says where each comes from: a study's, or some seeds' of one GAN."""

from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console
from rich.progress import Progress

from leukgan.checks import split_indices
from leukgan.cli import app
from leukgan.errors import InputError
from leukgan.generation import Drawing, seeds_of, write_drawing
from leukgan.study.settings import plan_of
from leukgan.study.split_run import SplitRun


@app("generate")
def main(cfg: DictConfig) -> Path:
    if cfg.checkpoint is not None:
        return draw(cfg)
    if cfg.seeds is not None:
        raise InputError(f"seeds={cfg.seeds} needs the GAN that draws them; add checkpoint=<file>.")
    plan = plan_of(cfg, classifies=False)
    for index in split_indices(cfg):
        SplitRun(plan, index).generate()
    return plan.folder


def draw(cfg: DictConfig) -> Path:
    drawing = Drawing(
        Path(cfg.checkpoint),
        seeds_of(cfg.seeds),
        truncation=cfg.truncation,
        interpolation=cfg.interpolation,
        label=cfg.label,
    )
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("images", total=len(drawing))
        return write_drawing(drawing, Path(cfg.output), kind=cfg.format, on_image=lambda: progress.advance(bar))


if __name__ == "__main__":
    main()
