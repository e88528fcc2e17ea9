"""Images from trained GANs, with a manifest that says where each comes from: a study's, or one GAN's by seed."""

from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console
from rich.progress import Progress

from leukgan.cli import app
from leukgan.config import split_indices
from leukgan.errors import InputError
from leukgan.generation import SeededSamples, parse_seeds, write_samples
from leukgan.study.settings import plan_of
from leukgan.study.split_run import SplitRun


@app("generate")
def main(cfg: DictConfig) -> Path:
    if cfg.checkpoint is not None:
        return sample(cfg)
    if cfg.seeds is not None:
        raise InputError(f"seeds={cfg.seeds} needs the GAN that draws them; add checkpoint=<file>.")
    plan = plan_of(cfg, classifies=False)
    for index in split_indices(cfg):
        SplitRun(plan, index).generate()
    return plan.folder


def sample(cfg: DictConfig) -> Path:
    options = {"truncation": cfg.truncation, "interpolation": cfg.interpolation, "label": cfg.label}
    samples = SeededSamples(Path(cfg.checkpoint), parse_seeds(cfg.seeds), **options)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("images", total=len(samples))
        return write_samples(samples, Path(cfg.output), kind=cfg.format, progress=lambda: bar.advance(task))


if __name__ == "__main__":
    main()
