"""Rendered smears beside real cells: both sheets of images, and below them colours and sizes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from leukgan.metrics.real_or_generated import COLOURS as CHANNELS
from leukgan.metrics.real_or_generated import LEVELS, Accuracy, Sample, colour_distances, colour_histograms
from leukgan.presentation.figures import COLOURS, DPI, Figure, canvas, finished
from leukgan.presentation.formatting import percent
from leukgan.presentation.images import GAP, Pixels, fitted, mosaic, place_mosaic
from leukgan.report.cell_figures import PANELS

SHEET, SHEET_COLUMNS, SIDE = 24, 6, 128
SIZES = ("cell_area", "nucleus_area", "nucleus_to_cell")
BINS = 16
LEVELS_IN_A_BIN = 4
FEWEST = 1e-4  # share of pixels where the histograms of colours begin
MARGIN, BETWEEN, TOP = 24, 48, 142  # pixels of the figure
BELOW = 900  # pixels of the figure for the histograms

Numbers = NDArray[np.float64]


def smears_figure(real: Sample, rendered: Sample, accuracy: Accuracy, rendered_name: str) -> Figure:
    """Some images of both sets, histograms of their colours, and of the sizes of their cells.

    Args:
        real: The real images.
        rendered: As many rendered ones.
        accuracy: Of the classifier that is to tell them apart.
        rendered_name: What is rendered.
    """
    title = f"Rendered smears beside real cells: a linear classifier is right in {percent(accuracy.mean)}% (chance 50%)"
    caption = (
        f"Left: real images; right: rendered ones ({rendered_name}); of both some that are evenly spread over the set, "
        "not picked for looks, in order of cell area. W: Wasserstein distance in levels. Dotted: medians."
    )
    sheets = [_sheet(sample) for sample in (real, rendered)]
    sheet_width = SHEET_COLUMNS * (SIDE + GAP) - GAP
    width = 2 * MARGIN + 2 * sheet_width + BETWEEN
    sheets_end = TOP + max(sheet.shape[0] for sheet in sheets)
    height = sheets_end + BELOW
    with canvas(width / DPI, height / DPI) as figure:
        for i, (sheet, words) in enumerate(zip(sheets, ("real", f"rendered: {rendered_name}"), strict=True)):
            left = MARGIN + i * (sheet_width + BETWEEN)
            place_mosaic(figure, sheet, "", left=left, top=TOP)
            figure.text(left / width, 1 - (TOP - 14) / height, words, color=COLOURS[i], fontweight="bold")
        grid = figure.add_gridspec(
            2, 3, left=0.07, right=0.985, bottom=95 / height, top=1 - (sheets_end + 105) / height,
            wspace=0.2, hspace=0.62,
        )  # fmt: skip
        histograms = colour_histograms(real.images), colour_histograms(rendered.images)
        distances = colour_distances(real.images, rendered.images)
        for i, channel in enumerate(CHANNELS):
            axes = figure.add_subplot(grid[0, i])
            shares = [histogram[i].reshape(-1, LEVELS_IN_A_BIN).sum(axis=1) for histogram in histograms]
            _lines(axes, np.arange(0, LEVELS + 1, LEVELS_IN_A_BIN, dtype=np.float64), shares)
            axes.set_title(f"{channel}   W = {distances[i]:.1f}", fontsize=9, pad=4)
            axes.set_xlabel("level", fontsize=8)
            axes.set_yscale("log")
            axes.set_ylim(FEWEST, 1)
            axes.tick_params(axis="y", which="minor", left=False)
        figure.axes[2].set_ylabel("share of pixels (log)", fontsize=8)
        figure.axes[2].legend(fontsize=8, loc="upper left")
        for i, name in enumerate(SIZES):
            axes = figure.add_subplot(grid[1, i])
            words, unit, factor = PANELS[name]
            values = [sample.cells[name].dropna().to_numpy() * factor for sample in (real, rendered)]
            edges = np.histogram_bin_edges(np.concatenate(values), BINS)
            _lines(axes, edges, [np.histogram(part, edges)[0] / max(len(part), 1) for part in values])
            for part, colour in zip(values, COLOURS, strict=False):
                if len(part):
                    axes.axvline(float(np.median(part)), color=colour, linewidth=1, linestyle=":")
            axes.set_title(words, fontsize=9, pad=4)
            axes.set_yticks([])
            axes.set_xlabel(unit, fontsize=8)
        figure.axes[5].set_ylabel("share of images", fontsize=8)
        return finished(figure, "smears", title, caption, leaky=False)


def _sheet(sample: Sample) -> Pixels:
    """Some images, evenly spread, as a mosaic (h, w, 3) that begins with the smallest cell."""
    chosen = np.unique(np.linspace(0, len(sample.images) - 1, SHEET).round().astype(int))
    by_area = chosen[np.argsort(sample.cells["cell_area"].to_numpy()[chosen], kind="stable")]
    return mosaic(*fitted(sample.images[by_area].transpose(0, 2, 3, 1), SIDE), SHEET_COLUMNS)


def _lines(axes: Axes, edges: Numbers, shares: list[Numbers]) -> None:
    """The outlines of two histograms, the real one's filled."""
    real, rendered = shares
    axes.stairs(real, edges, fill=True, color=COLOURS[0], alpha=0.2)
    axes.stairs(real, edges, color=COLOURS[0], linewidth=1.2, label="real")
    axes.stairs(rendered, edges, color=COLOURS[1], linewidth=1.2, label="rendered")
    axes.set_xlim(edges[0], edges[-1])
    axes.tick_params(labelsize=7.5)
