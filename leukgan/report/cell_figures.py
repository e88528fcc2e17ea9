"""Figures about the central cell: where it was found, the image without it and it alone, and its measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from leukgan.metrics.segmentation import Mask, Masks
from leukgan.presentation.figures import COLOURS, DPI, Figure, canvas, finished
from leukgan.presentation.images import GAP, IN_A_ROW, Pixels, fitted, mosaic, place_mosaic

AS_FOUND = "as found"
OUTLINES = {"nucleus": "#F0E442", "cell": "#009E73"}  # Okabe and Ito's: yellow is seen on violet, green on pale red
PANELS = {
    "cell_area": ("cell area", "% of the image", 100),
    "nucleus_area": ("nucleus area", "% of the image", 100),
    "nucleus_to_cell": ("nucleus to cell area", "%", 100),
    "roundness": ("roundness of nucleus", "1 is a disc", 1),
    "nucleus_lightness": ("lightness of nucleus", "CIELAB L*", 1),
    "nucleus_redness": ("redness of nucleus", "CIELAB a*", 1),
    "cytoplasm_lightness": ("lightness of cytoplasm", "CIELAB L*", 1),
    "cytoplasm_blueness": ("blueness of cytoplasm", "CIELAB −b*", 1),
}
COLUMNS = 4
BINS = 12


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


def masks_figure(classes: Sequence[MaskedImages], leaky: bool) -> Figure:
    """The first eight images of each class with the outlines found; below, the background only and the cell only."""
    title = "Shortcut control: the cell as found, the image without it, and the cell alone"
    caption = (
        "Outlines: nucleus in yellow, cell in green, from the colour of the stain. The background is shown around one "
        "disc that is the same in all images. An image where no cell was found has no outline, and is blank as a cell "
        "alone. The first in order, not picked for looks."
    )
    blocks = {shown.class_name: (shown.masks, _rows(shown)) for shown in classes}
    left, top, heading, margin = 60, 70, 52, 20
    mosaics = [pixels for _, rows in blocks.values() for pixels in rows.values()]
    width = left + max(pixels.shape[1] for pixels in mosaics) + margin
    height = top + sum(pixels.shape[0] + GAP for pixels in mosaics) + heading * len(blocks) + margin
    with canvas(width / DPI, height / DPI) as figure:
        y = top
        for class_name, (masks, rows) in blocks.items():
            y += heading
            name_at = left / width, 1 - (y - 12) / height
            figure.text(*name_at, class_name, fontsize=9, fontweight="bold", color="#444444")
            for label, pixels in rows.items():
                axes = place_mosaic(figure, pixels, label, left=left, top=y, fontsize=8)
                if label == AS_FOUND:
                    _outline(axes, masks.cell, OUTLINES["cell"])
                    _outline(axes, masks.nucleus, OUTLINES["nucleus"])
                y += pixels.shape[0] + GAP
        return finished(figure, "masks", title, caption, leaky)


def measurements_figure(
    real: pd.DataFrame,
    generated: pd.DataFrame,
    distances: pd.DataFrame,
    class_name: str,
    leaky: bool,
    rendered: bool,
) -> Figure:
    """The distributions of each measurement on the real and the generated images of a class, side by side.

    Args:
        real: As `measure_cells` gives it.
        generated: The same of generated images.
        distances: As `measurement_distances` gives it for the two.
        class_name: The class.
        leaky: Whether the GAN saw test images.
        rendered: Whether the real images are rendered ones.
    """
    source = "rendered" if rendered else "real"
    title = f"Cell measurements: {class_name}, {source} and generated"
    caption = (
        f"Dotted lines: medians. d: Wasserstein distance between the two distributions, in standard deviations of the "
        f"{source} images, with its 95% interval. A cell was found in {100 * real['found'].mean():.0f}% of the "
        f"{source} and {100 * generated['found'].mean():.0f}% of the generated images; only these are measured."
    )
    distance = distances.set_index("measurement")[["distance", "low", "high"]].T
    with canvas(8, 4.9) as figure:
        rows = -(-len(PANELS) // COLUMNS)
        grid = figure.add_gridspec(
            rows, COLUMNS, left=0.055, right=0.985, bottom=0.11, top=0.77, wspace=0.22, hspace=0.72
        )
        for i, (name, (words, unit, factor)) in enumerate(PANELS.items()):
            axes = figure.add_subplot(grid[i // COLUMNS, i % COLUMNS])
            values = [table[name].dropna().to_numpy() * factor for table in (real, generated)]
            _side_by_side(axes, values, (source, "generated"))
            axes.set_title(words, fontsize=9, pad=17)
            axes.text(0, 1.04, _distance(*distance[name]), transform=axes.transAxes, fontsize=7.5, color="#444444")
            axes.set_xlabel(unit, fontsize=8)
            axes.set_yticks([])
            axes.tick_params(labelsize=7.5)
            if i % COLUMNS == 0:
                axes.set_ylabel("share of images", fontsize=8)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.045, 0.915), ncols=2, fontsize=8)
        return finished(figure, f"measurements_{class_name}", title, caption, leaky)


def _rows(shown: MaskedImages) -> dict[str, Pixels]:
    rows = {AS_FOUND: shown.images, "background": shown.background, "cell": shown.cell_alone}
    return {label: _mosaic(images.transpose(0, 2, 3, 1)) for label, images in rows.items()}


def _mosaic(images: Pixels) -> Pixels:
    """The first images (N, H, W, 3) in a row (h, w, 3)."""
    return mosaic(*fitted(images[:IN_A_ROW], 1500 / IN_A_ROW), IN_A_ROW)


def _outline(axes: Axes, masks: Mask, colour: str) -> None:
    """Lines around masks (N, H, W) on the mosaic of their images."""
    ink = np.where(masks[..., None], np.uint8(0), np.uint8(255)).repeat(3, axis=3)  # white, as the gaps are
    pixels = _mosaic(ink)[:, :, 0]
    if pixels.min() == 0:
        axes.contour(pixels, levels=[127.5], colors=[colour], linewidths=1.0)


def _side_by_side(axes: Axes, values: Sequence[NDArray[np.float64]], names: Sequence[str]) -> None:
    """Histograms of two sets on common bins, each with an area of one; the second as an outline over the first."""
    together = np.concatenate(values)
    if together.size:
        low, high = together.min(), together.max()
        edges = np.linspace(low, high, BINS + 1) if high > low else np.array([low - 0.5, low + 0.5])
        for i, (part, name) in enumerate(zip(values, names, strict=True)):
            weights = np.full(len(part), 1 / max(len(part), 1))
            filled = i == 0
            axes.hist(
                part, edges.tolist(), weights=weights, histtype="stepfilled" if filled else "step", label=name,
                color=COLOURS[i], alpha=0.45 if filled else 1, linewidth=0 if filled else 1.6,
            )  # fmt: skip
            if len(part):
                axes.axvline(float(np.median(part)), color=COLOURS[i], linewidth=1, linestyle=":")
    axes.xaxis.set_major_locator(MaxNLocator(4))


def _distance(value: float, low: float, high: float) -> str:
    return "d undefined" if np.isnan(value) else f"d = {value:.2f} ({low:.2f} to {high:.2f})"
