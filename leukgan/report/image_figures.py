"""Figures of a run's images: real beside generated, grids, samples over training, augmented and masked ones."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from leukgan.data.check.figures import augmentation_figures
from leukgan.metrics.masking import background_only, cell_only
from leukgan.metrics.segmentation import Mask, Masks, segment
from leukgan.presentation.figures import Figure, canvas, finish
from leukgan.presentation.formatting import quantity
from leukgan.presentation.images import (
    GAP,
    IN_A_ROW,
    ROW_WIDTH,
    Pixels,
    Row,
    fit,
    image_rows,
    images_figure,
    mosaic,
    read_image,
    read_images,
)
from leukgan.presentation.plots import Margins, axes_grid
from leukgan.report.results import Run

GRID_COLUMNS, GRID_IMAGES = 10, 100
STAGES = 4
OUTLINES = {"cell": "#009E73", "nucleus": "#F0E442"}  # Okabe and Ito's: yellow is seen on violet, green on pale red
LEFT, TOP, HEADING = 60, 70, 52  # pixels of the figure of masks


Masked = tuple[Mapping[str, Pixels], Masks]  # by label (N, 3, H, W), first the images themselves; their masks


def real_beside_generated(run: Run) -> list[Figure]:
    """Figures 2 and 3: the first real images of each class above its first generated ones."""
    split, source, figures = run.pictured, "rendered" if run.rendered else "real", []
    caption = f"The first {IN_A_ROW} in order of {split.name}, not picked for looks."
    for number, name in enumerate(run.classes[::-1], start=2):
        real = read_images(split.folder.real(name), IN_A_ROW)
        generated = read_images(split.folder.generated(name), IN_A_ROW)
        if real is not None and generated is not None:
            title = f"Figure {number}. {name}: {source} above, generated below"
            rows = [(source, real), ("generated", generated)]
            file = f"real_vs_generated_{name}"
            figures.append(images_figure(file, title, caption, rows, IN_A_ROW, stamp=split.stamp))
    return figures


def generated_grids(run: Run) -> list[Figure]:
    """The appendix's grids of generated images."""
    split, figures = run.pictured, []
    for name in run.classes[::-1]:
        images = read_images(split.folder.generated(name), GRID_IMAGES)
        if images is not None:
            title, caption = f"Generated images: {name}", f"The first {len(images)} in order of {split.name}."
            rows, file = [("", images)], f"generated_{name}"
            figures.append(images_figure(file, title, caption, rows, GRID_COLUMNS, stamp=split.stamp))
    return figures


def sample_figures(run: Run) -> list[Figure]:
    """A few grids of samples of each GAN, from its first to its last generator step."""
    split, figures = run.pictured, []
    for name, gan in split.gans().items():
        paths = sorted(gan.samples.glob("step_*.png"), key=_step)
        if not paths:
            continue

        count = min(STAGES, len(paths))
        chosen = [paths[round(i * (len(paths) - 1) / max(count - 1, 1))] for i in range(count)]
        with canvas(8, 0.75 + 7.8 / STAGES) as figure:
            margins = Margins(left=0.12, right=0.12, bottom=0.054, top=0.594)
            for axes, path in zip(axes_grid(figure, count, STAGES, margins, wspace=0.04), chosen, strict=True):
                axes.imshow(read_image(path), interpolation="none")
                step = quantity(_step(path), "generator step")
                axes.set_title(step, fontsize=8, fontweight="normal", color="#444444")
                axes.set_axis_off()

            title, caption = f"{name}: samples while the GAN trained", f"The GAN of {split.name}."
            figures.append(finish(figure, f"gan_samples_{gan.path.name}", title, caption, stamp=split.stamp))
    return figures


def augmented_image_figures(run: Run) -> list[Figure]:
    """The copies that augmentation makes of the first real image of the positive class; none if no image is there."""
    split = run.pictured
    images = read_images(split.folder.real(run.classes[1]), 1)
    augmentation = split.config.get("augmentation")
    if images is None or augmentation is None:
        return []
    return augmentation_figures(augmentation, images[0], stamp=split.stamp)


def masks_figures(run: Run) -> list[Figure]:
    """The figure of the shortcut control's masks; none if the run used none or holds no image."""
    split = run.pictured
    used = split.provenance.get("masks")
    if not used:
        return []

    colour, classes = np.array(used["colour"], dtype=np.uint8), dict[str, Masked]()
    for name in run.classes[::-1]:
        pixels = read_images(split.folder.real(name), IN_A_ROW)
        if pixels is not None:
            images = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))  # (N, 3, H, W)
            masks = segment(images)
            background = background_only(images, used["radius"], colour)
            parts = {"as found": images, "background": background, "cell": cell_only(images, masks, colour)}
            classes[name] = parts, masks
    return [masks_figure(classes, stamp=split.stamp)] if classes else []


def masks_figure(classes: Mapping[str, Masked], *, stamp: str) -> Figure:
    """The images of each class with the outlines found; below, the background only and the cell only."""
    rows = []
    for name, (parts, _) in classes.items():
        for i, (label, images) in enumerate(parts.items()):
            heading, above = ("", 0) if i else (name, HEADING)
            rows.append(Row(images.transpose(0, 2, 3, 1), label, heading, above=above, below=GAP))

    with image_rows(rows, IN_A_ROW, left=LEFT, top=TOP, fontsize=8) as (figure, placed):
        for (_, masks), row in zip(classes.values(), placed[::3], strict=True):
            for part, outline in OUTLINES.items():
                _outline(row.axes, getattr(masks, part), outline)

        title = "Shortcut control: the cell as found, the image without it, and the cell alone"
        caption = (
            "Outlines: nucleus in yellow, cell in green, from the colour of the stain. The background is shown around "
            "one disc that is the same in all images. An image where no cell was found has no outline, and is blank as "
            "a cell alone. The first in order, not picked for looks."
        )
        return finish(figure, "masks", title, caption, stamp=stamp)


def _outline(axes: Axes, masks: Mask, colour: str) -> None:
    """Draw lines around masks (N, H, W) on the mosaic of their images."""
    ink = np.where(masks[..., None], np.uint8(0), np.uint8(255)).repeat(3, axis=3)  # white, as the gaps are
    pixels = mosaic(*fit(ink, ROW_WIDTH / IN_A_ROW), IN_A_ROW)[:, :, 0]
    if pixels.min() == 0:
        axes.contour(pixels, levels=[127.5], colors=[colour], linewidths=1.0)


def _step(path: Path) -> int:
    return int(path.stem.removeprefix("step_"))
