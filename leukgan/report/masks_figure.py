"""The figure of the shortcut control: the cells as found, the images without them, and the cells alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from leukgan.metrics.masking import background_only, cell_only
from leukgan.metrics.segmentation import Mask, Masks, segment
from leukgan.presentation.figures import Figure, finish
from leukgan.presentation.images import GAP, IN_A_ROW, ROW_WIDTH, Row, fit, image_rows, mosaic, read_images
from leukgan.report.results import Run

OUTLINES = {"cell": "#009E73", "nucleus": "#F0E442"}  # Okabe and Ito's: yellow is seen on violet, green on pale red
LEFT, TOP, HEADING = 60, 70, 52  # pixels of the figure


@dataclass(frozen=True)
class MaskedImages:
    """Images of one class and what the shortcut control makes of them.

    Attributes:
        class_name: The class.
        images: uint8 (N, 3, H, W).
        masks: Where their cells are.
        background: uint8 (N, 3, H, W), the cells painted over.
        cell_alone: uint8 (N, 3, H, W), all but the cells painted over.
    """

    class_name: str
    images: NDArray[np.uint8]
    masks: Masks
    background: NDArray[np.uint8]
    cell_alone: NDArray[np.uint8]


def masks_figures(run: Run) -> list[Figure]:
    """The figure of the first clean split (or the first); none if it used no masks or kept no image."""
    split = run.groups()[0][0]
    used = split.provenance.get("masks")
    if not used:
        return []

    colour = np.array(used["colour"], dtype=np.uint8)
    classes = []
    for name in (run.classes[1], run.classes[0]):
        pixels = read_images(split.folder / "real" / name, IN_A_ROW)
        if pixels is not None:
            images = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))  # (N, 3, H, W)
            masks = segment(images)
            background = background_only(images, used["radius"], colour)
            classes.append(MaskedImages(name, images, masks, background, cell_only(images, masks, colour)))
    return [masks_figure(classes, leaky=split.leaky)] if classes else []


def masks_figure(classes: Sequence[MaskedImages], *, leaky: bool) -> Figure:
    """The first eight images of each class with the outlines found; below, the background only and the cell only."""
    rows = []
    for shown in classes:
        parts = {"as found": shown.images, "background": shown.background, "cell": shown.cell_alone}
        for label, images in parts.items():
            heading, above = (shown.class_name, HEADING) if images is shown.images else ("", 0)
            rows.append(Row(images[:IN_A_ROW].transpose(0, 2, 3, 1), label, heading, above=above, below=GAP))

    with image_rows(rows, IN_A_ROW, left=LEFT, top=TOP, fontsize=8) as (figure, placed):
        for shown, row in zip(classes, placed[::3], strict=True):
            for part, outline in OUTLINES.items():
                _outline(row.axes, getattr(shown.masks, part)[:IN_A_ROW], outline)

        title = "Shortcut control: the cell as found, the image without it, and the cell alone"
        caption = (
            "Outlines: nucleus in yellow, cell in green, from the colour of the stain. The background is shown around "
            "one disc that is the same in all images. An image where no cell was found has no outline, and is blank as "
            "a cell alone. The first in order, not picked for looks."
        )
        return finish(figure, "masks", title, caption, leaky=leaky)


def _outline(axes: Axes, masks: Mask, colour: str) -> None:
    """Draw lines around masks (N, H, W) on the mosaic of their images."""
    ink = np.where(masks[..., None], np.uint8(0), np.uint8(255)).repeat(3, axis=3)  # white, as the gaps are
    pixels = mosaic(*fit(ink, ROW_WIDTH / IN_A_ROW), IN_A_ROW)[:, :, 0]
    if pixels.min() == 0:
        axes.contour(pixels, levels=[127.5], colors=[colour], linewidths=1.0)
