"""Rendered smears beside real cells: both sheets of images, and below them colours and sizes."""

from collections.abc import Sequence

import numpy as np

from leukgan.presentation.figures import COLOURS, DPI, Figure, canvas, finish
from leukgan.presentation.formatting import percent
from leukgan.presentation.images import GAP, Pixels, fit, mosaic, place_mosaic, text_at
from leukgan.presentation.plots import Histogram, Margins, axes_grid, common_histogram, draw_histogram
from leukgan.report.cells import PANELS
from leukgan.tools.smears_realism.sets import COLOURS as CHANNELS
from leukgan.tools.smears_realism.sets import LEVELS, Sample, colour_distances, colour_histograms

SHEET, SHEET_COLUMNS, SIDE = 24, 6, 128
SIZES = ("cell_area", "nucleus_area", "nucleus_to_cell")
BINS = 16
LEVELS_IN_A_BIN = 4
FEWEST = 1e-4  # share of pixels where the histograms of colours begin
MARGIN, BETWEEN, TOP = 24, 48, 142  # pixels of the figure
BELOW = 900  # pixels of the figure for the histograms


def smears_figure(real: Sample, rendered: Sample, accuracy: float, rendered_name: str) -> Figure:
    """Some images of both sets, histograms of their colours, and of the sizes of their cells."""
    sheets = [_sheet(sample) for sample in (real, rendered)]
    colours = _colour_histograms(real, rendered)
    distances = colour_distances(real.images, rendered.images)
    sizes = [_size_histogram(name, (real, rendered)) for name in SIZES]

    sheet_width = SHEET_COLUMNS * (SIDE + GAP) - GAP
    sheets_end = TOP + max(sheet.shape[0] for sheet in sheets)
    width, height = 2 * MARGIN + 2 * sheet_width + BETWEEN, sheets_end + BELOW
    with canvas(width / DPI, height / DPI) as figure:
        for i, (sheet, words) in enumerate(zip(sheets, ("real", f"rendered: {rendered_name}"), strict=True)):
            left = MARGIN + i * (sheet_width + BETWEEN)
            place_mosaic(figure, sheet, left=left, top=TOP)
            text_at(figure, left, TOP - 14, words, color=COLOURS[i], fontweight="bold")

        pixels = 0.07 * width, 0.015 * width, 95, sheets_end + 105
        panels = axes_grid(figure, 6, 3, Margins(*(side / DPI for side in pixels)), wspace=0.2, hspace=0.62)
        for axes, channel, histogram, distance in zip(panels, CHANNELS, colours, distances, strict=False):
            draw_histogram(axes, histogram, ("real", "rendered"), x_label="level")
            axes.set_title(f"{channel}   W = {distance:.1f}", fontsize=9, pad=4)
            axes.set_yscale("log")
            axes.set_ylim(FEWEST, 1)
            axes.tick_params(axis="y", which="minor", left=False)
        panels[0].set_ylabel("share of pixels (log)", fontsize=8)
        panels[0].legend(fontsize=8, loc="upper left")
        for axes, name, histogram in zip(panels[3:], SIZES, sizes, strict=True):
            words, unit, _ = PANELS[name]
            draw_histogram(axes, histogram, ("real", "rendered"), x_label=unit)
            axes.set_title(words, fontsize=9, pad=4)
        panels[3].set_ylabel("share of images", fontsize=8)

        right = percent(accuracy)
        title = f"Rendered smears beside real cells: a linear classifier is right in {right}% (chance 50%)"
        caption = (
            f"Left: real images; right: rendered ones ({rendered_name}); of both some that are evenly spread over the "
            "set, not picked for looks, in order of cell area. W: Wasserstein distance in levels. Dotted: medians."
        )
        return finish(figure, "smears", title, caption, stamp="")


def _sheet(sample: Sample) -> Pixels:
    """Some images, evenly spread, as a mosaic (h, w, 3) that begins with the smallest cell."""
    chosen = np.unique(np.linspace(0, len(sample.images) - 1, SHEET).round().astype(int))
    by_area = chosen[np.argsort(sample.cells["cell_area"].to_numpy()[chosen], kind="stable")]
    return mosaic(*fit(sample.images[by_area].transpose(0, 2, 3, 1), SIDE), SHEET_COLUMNS)


def _colour_histograms(real: Sample, rendered: Sample) -> list[Histogram]:
    """A histogram of both sets for each of red, green and blue."""
    edges = np.arange(0, LEVELS + 1, LEVELS_IN_A_BIN, dtype=np.float64)
    by_level = (colour_histograms(sample.images) for sample in (real, rendered))  # (3, 256) each
    binned = [levels.reshape(len(CHANNELS), -1, LEVELS_IN_A_BIN).sum(axis=2) for levels in by_level]
    return [Histogram(edges, shares, (np.nan, np.nan)) for shares in zip(*binned, strict=True)]


def _size_histogram(name: str, samples: Sequence[Sample]) -> Histogram:
    factor = PANELS[name][2]
    return common_histogram([sample.cells[name].dropna() * factor for sample in samples], BINS)
