"""Figures of the central cell's measurements: their distributions on real and on generated images."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leukgan.presentation.figures import Figure, canvas, finish
from leukgan.presentation.plots import Margins, axes_grid, common_histogram, draw_histogram
from leukgan.report.results import Run, select_splits

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


def measurement_figures(run: Run, distances: pd.DataFrame) -> list[Figure]:
    """A figure for each class, of the first clean split (or the first); none if it measured no cells.

    Args:
        run: The run.
        distances: Rows of `cell_distances`.
    """
    split = run.groups()[0][0]
    cells = select_splits(run.cells, [split])
    figures = []
    for name in run.classes[::-1] if len(distances) else ():
        table = distances[(distances["split"] == split.name) & (distances["class"] == name)]
        of_class = cells[cells["class"] == name]
        figures.append(measurements_figure(of_class, table, name, leaky=split.leaky, rendered=run.rendered))
    return figures


def measurements_figure(
    cells: pd.DataFrame, distances: pd.DataFrame, class_name: str, *, leaky: bool, rendered: bool
) -> Figure:
    """The distributions of each measurement on the real and the generated images of a class, side by side.

    Args:
        cells: Measurements of `measure_cells`, whose `kind` says training or generated.
        distances: Rows of `measurement_distances` for the two.
        class_name: The class.
        leaky: Whether the GAN saw test images.
        rendered: Whether the real images are rendered ones.
    """
    real, generated = (cells[cells["kind"] == kind] for kind in ("training", "generated"))
    names = ("rendered" if rendered else "real", "generated")
    texts = {
        row["measurement"]: _distance(row["distance"], row["low"], row["high"]) for row in distances.to_dict("records")
    }
    histograms = {
        name: common_histogram([table[name].dropna() * factor for table in (real, generated)], BINS)
        for name, (_, _, factor) in PANELS.items()
    }

    with canvas(8, 4.9) as figure:
        margins = Margins(left=0.44, right=0.12, bottom=0.539, top=1.127)
        panels = axes_grid(figure, len(PANELS), COLUMNS, margins, wspace=0.22, hspace=0.72)
        for axes, (name, (words, unit, _)) in zip(panels, PANELS.items(), strict=True):
            draw_histogram(axes, histograms[name], names, x_label=unit)
            axes.set_title(words, fontsize=9, pad=17)
            axes.text(0, 1.04, texts[name], transform=axes.transAxes, fontsize=7.5, color="#444444")
        for axes in panels[::COLUMNS]:
            axes.set_ylabel("share of images", fontsize=8)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.045, 0.915), ncols=2, fontsize=8)

        title = f"Cell measurements: {class_name}, {names[0]} and generated"
        caption = (
            f"Dotted lines: medians. d: Wasserstein distance between the two distributions, in standard deviations of "
            f"the {names[0]} images, with its 95% interval. A cell was found in {100 * real['found'].mean():.0f}% of "
            f"the {names[0]} and {100 * generated['found'].mean():.0f}% of the generated images; only these are "
            "measured."
        )
        return finish(figure, f"measurements_{class_name}", title, caption, leaky=leaky)


def _distance(value: float, low: float, high: float) -> str:
    return "d undefined" if np.isnan(value) else f"d = {value:.2f} ({low:.2f} to {high:.2f})"
