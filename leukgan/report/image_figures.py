"""Figures of a run's images: real beside generated, grids, samples over training, and what augmentation makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from leukgan.data.check.figures import augmentation_figures
from leukgan.presentation.figures import Figure, canvas, finish
from leukgan.presentation.formatting import quantity
from leukgan.presentation.images import IN_A_ROW, Pixels, images_figure, read_image, read_images
from leukgan.presentation.plots import Margins, axes_grid
from leukgan.report.results import Run

GRID_COLUMNS, GRID_IMAGES = 10, 100
STAGES = 4


def image_figures(run: Run) -> list[Figure]:
    """Figures 2 and 3 and the appendix's grids, from the first clean split (or the first), with its GANs' samples."""
    split = run.groups()[0][0]
    classes = (run.classes[1], run.classes[0])
    real = {name: read_images(split.folder / "real" / name, IN_A_ROW) for name in classes}
    generated = {name: read_images(split.folder / "generated" / name, GRID_IMAGES) for name in classes}
    samples = {
        folder.name: (name, sorted((folder / "samples").glob("step_*.png"), key=_step))
        for name, folder in split.gans().items()
    }
    return [
        *_real_beside_generated(real, generated, split.name, rendered=run.rendered, leaky=split.leaky),
        *_generated_grids(generated, split.name, leaky=split.leaky),
        *(
            _samples(file, name, paths, split.name, leaky=split.leaky)
            for file, (name, paths) in samples.items()
            if paths
        ),
    ]


def augmented_image_figures(run: Run) -> list[Figure]:
    """What augmentation makes of the run's first real image of the positive class; none if it kept no image."""
    split = run.groups()[0][0]
    images = read_images(split.folder / "real" / run.classes[1], 1)
    augmentation = split.config.get("augmentation")
    if images is None or augmentation is None:
        return []
    return augmentation_figures(augmentation, images[0], leaky=split.leaky)


def _real_beside_generated(
    real: Mapping[str, Pixels | None],
    generated: Mapping[str, Pixels | None],
    split: str,
    *,
    rendered: bool,
    leaky: bool,
) -> list[Figure]:
    source = "rendered" if rendered else "real"
    caption = f"The first {IN_A_ROW} in order of {split}, not picked for looks."
    figures = []
    for number, name in enumerate(real, start=2):
        above, below = real[name], generated[name]
        if above is not None and below is not None:
            title = f"Figure {number}. {name}: {source} above, generated below"
            rows = [(source, above), ("generated", below[:IN_A_ROW])]
            figures.append(images_figure(f"real_vs_generated_{name}", title, caption, rows, IN_A_ROW, leaky=leaky))
    return figures


def _generated_grids(generated: Mapping[str, Pixels | None], split: str, *, leaky: bool) -> list[Figure]:
    figures = []
    for name, images in generated.items():
        if images is not None:
            title, caption = f"Generated images: {name}", f"The first {len(images)} in order of {split}."
            figures.append(
                images_figure(f"generated_{name}", title, caption, [("", images)], GRID_COLUMNS, leaky=leaky)
            )
    return figures


def _samples(file: str, name: str, paths: Sequence[Path], split: str, *, leaky: bool) -> Figure:
    """A few sample grids from first to last generator step."""
    count = min(STAGES, len(paths))
    chosen = [paths[round(i * (len(paths) - 1) / max(count - 1, 1))] for i in range(count)]
    with canvas(8, 0.75 + 7.8 / STAGES) as figure:
        margins = Margins(left=0.12, right=0.12, bottom=0.054, top=0.594)
        for axes, path in zip(axes_grid(figure, count, STAGES, margins, wspace=0.04), chosen, strict=True):
            axes.imshow(read_image(path), interpolation="none")
            axes.set_title(quantity(_step(path), "generator step"), fontsize=8, fontweight="normal", color="#444444")
            axes.set_axis_off()
        title = f"{name}: samples while the GAN trained"
        return finish(figure, f"gan_samples_{file}", title, f"The GAN of {split}.", leaky=leaky)


def _step(path: Path) -> int:
    digits = re.findall(r"\d+", path.stem)
    return int(digits[-1]) if digits else 0
