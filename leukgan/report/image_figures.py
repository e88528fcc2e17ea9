"""Figures of a run's images: real beside generated, grids, and samples over training."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from leukgan.presentation.figures import Figure, canvas, finished
from leukgan.presentation.formatting import quantity
from leukgan.presentation.images import IN_A_ROW, panel, read_image, read_images
from leukgan.report.results import Run

GRID_COLUMNS, GRID_IMAGES = 10, 100
STAGES = 4


def image_figures(run: Run) -> list[Figure]:
    """Figures 2 and 3 and the appendix's grids, from the first clean split (or the first), with its GANs' samples."""
    split = run.groups()[0][0]
    figures: list[Figure] = []
    for number, name in ((2, run.classes[1]), (3, run.classes[0])):
        real, fake = split.folder / "real" / name, split.folder / "generated" / name
        shown = read_images(real, IN_A_ROW), read_images(fake, IN_A_ROW)
        if all(images is not None for images in shown):
            source = "rendered" if run.rendered else "real"
            title = f"Figure {number}. {name}: {source} above, generated below"
            caption = f"The first {IN_A_ROW} in order of {split.name}, not picked for looks."
            rows = [(label, images) for label, images in zip((source, "generated"), shown, strict=True)]
            figures.append(panel(f"real_vs_generated_{name}", title, caption, rows, IN_A_ROW, split.leaky))
    for name in (run.classes[1], run.classes[0]):
        grid = read_images(split.folder / "generated" / name, GRID_IMAGES)
        if grid is not None:
            title = f"Generated images: {name}"
            caption = f"The first {len(grid)} in order of {split.name}."
            figures.append(panel(f"generated_{name}", title, caption, [("", grid)], GRID_COLUMNS, split.leaky))
    for name, folder in split.gans().items():
        samples = sorted((folder / "samples").glob("step_*.png"), key=_step)
        if samples:
            figures.append(_stages(folder.name, name, samples, split.name, split.leaky))
    return figures


def _stages(file: str, name: str, samples: Sequence[Path], split: str, leaky: bool) -> Figure:
    """A few sample grids from first to last generator step."""
    count = min(STAGES, len(samples))
    chosen = [samples[round(i * (len(samples) - 1) / max(count - 1, 1))] for i in range(count)]
    title = f"{name}: samples while the GAN trained"
    with canvas(8, 0.75 + 7.8 / STAGES) as figure:
        grid = figure.add_gridspec(1, STAGES, left=0.015, right=0.985, bottom=0.02, top=0.78, wspace=0.04)
        for i, path in enumerate(chosen):
            axes = figure.add_subplot(grid[0, i])
            axes.imshow(read_image(path), interpolation="none")
            axes.set_title(quantity(_step(path), "generator step"), fontsize=8, fontweight="normal", color="#444444")
            axes.set_axis_off()
        return finished(figure, f"gan_samples_{file}", title, f"The GAN of {split}.", leaky)


def _step(path: Path) -> int:
    digits = re.findall(r"\d+", path.stem)
    return int(digits[-1]) if digits else 0
