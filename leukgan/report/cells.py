"""How the central cells of generated images measure against those of real ones: distances, their table and figures."""

from functools import partial

import numpy as np
import pandas as pd

from leukgan.data.split import derive_seed
from leukgan.metrics import measurement_distances
from leukgan.presentation.figures import Figure, canvas, finish
from leukgan.presentation.formatting import NONE, interval, number
from leukgan.presentation.plots import Margins, axes_grid, common_histogram, draw_histogram
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.results import Run, select_splits

PANELS = {  # measurement -> its name, its unit, and the factor that gives this unit
    "cell_area": ("cell area", "% of the image", 100),
    "nucleus_area": ("nucleus area", "% of the image", 100),
    "nucleus_to_cell": ("nucleus to cell area", "%", 100),
    "roundness": ("roundness of nucleus", "1 is a disc", 1),
    "nucleus_lightness": ("lightness of nucleus", "CIELAB L*", 1),
    "nucleus_redness": ("redness of nucleus", "CIELAB a*", 1),
    "cytoplasm_lightness": ("lightness of cytoplasm", "CIELAB L*", 1),
    "cytoplasm_blueness": ("blueness of cytoplasm", "CIELAB −b*", 1),
}
PANEL_COLUMNS, BINS = 4, 12


def _name(measurement: str) -> str:
    words, unit, _ = PANELS[measurement]
    return f"{words} ({unit})"


def _mean_and_deviation(measurement: str, n: int, mean: float, deviation: float) -> str:
    factor = PANELS[measurement][2]
    return f"{factor * mean:.1f} ± {factor * deviation:.1f}" if n > 1 else NONE


_two_decimals = partial(number, digits=2)
COLUMNS = (
    Column("Measurement", "measurement", _name),
    SOURCE,
    Column("Real", ("measurement", "n_real", "mean_real", "sd_real"), _mean_and_deviation),
    Column("Generated", ("measurement", "n_generated", "mean_generated", "sd_generated"), _mean_and_deviation),
    Column("Distance", "distance", _two_decimals),
    Column("95% interval", ("low", "high"), partial(interval, form=_two_decimals)),
    Column("Held-out real images", "floor", _two_decimals),
)


def cell_distances(run: Run) -> pd.DataFrame:
    """A row for each protocol, class and measurement, on the first split of each protocol; empty without cells.

    Columns are those of `measurement_distances`, with held-out real images as baseline, and class, split and protocol.
    """
    frames = [pd.DataFrame(columns=["class", "split", "protocol"])]
    for split in (group[0] for group in run.groups()):
        cells = select_splits(run.cells, [split])
        for label, name in ((1, run.classes[1]), (0, run.classes[0])):
            if cells.empty:
                continue
            kinds = dict(iter(cells[cells["class"] == name].groupby("kind")))
            if "generated" not in kinds:
                continue
            distances = measurement_distances(
                kinds["training"],
                kinds["generated"],
                seed=derive_seed(int(split.provenance["seed"]), label),
                real_baseline=kinds["held-out"],
            )
            frames.append(distances.assign(**{"class": name, "split": split.name, "protocol": split.protocol}))
    return pd.concat(frames[1:] or frames, ignore_index=True)


def cells_table(run: Run, distances: pd.DataFrame) -> Table:
    """The distances as a table."""
    frame = stamp_rows(distances)
    note = (
        "Mean ± standard deviation. Distance: Wasserstein-1, in standard deviations of real training images. Two "
        "samples of the same cells are apart too: compare it with that of held-out real images (last column)."
    )
    return Table(
        name="cells",
        title=run.stamped("Cell measurements, real training images and generated ones"),
        frame=frame,
        columns=COLUMNS,
        notes=("This run measured no cells.",) if frame.empty else (note,),
        grouped_by=Column("Class", "class"),
    )


def measurement_figures(run: Run, distances: pd.DataFrame) -> list[Figure]:
    """A figure for each class; none if the run measured no cells. `distances` are those of `cell_distances`."""
    split, figures = run.pictured, []
    cells = select_splits(run.cells, [split])
    for name in run.classes[::-1] if len(distances) else ():
        table = distances[(distances["split"] == split.name) & (distances["class"] == name)]
        if table.empty:  # no image of the class was generated
            continue
        of_class = cells[cells["class"] == name]
        figures.append(measurements_figure(of_class, table, name, stamp=split.stamp, rendered=run.rendered))
    return figures


def measurements_figure(
    cells: pd.DataFrame, distances: pd.DataFrame, class_name: str, *, stamp: str, rendered: bool
) -> Figure:
    """The distributions of each measurement on the real and the generated images of a class, side by side.

    `cells` are rows of `measure_cells` whose `kind` says training or generated, `distances` rows of
    `measurement_distances` for the two kinds; `rendered` says whether the real images are rendered ones.
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
        panels = axes_grid(figure, len(PANELS), PANEL_COLUMNS, margins, wspace=0.22, hspace=0.72)
        for axes, (name, (words, unit, _)) in zip(panels, PANELS.items(), strict=True):
            draw_histogram(axes, histograms[name], names, x_label=unit)
            axes.set_title(words, fontsize=9, pad=17)
            axes.text(0, 1.04, texts[name], transform=axes.transAxes, fontsize=7.5, color="#444444")
        for axes in panels[::PANEL_COLUMNS]:
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
        return finish(figure, f"measurements_{class_name}", title, caption, stamp=stamp)


def _distance(value: float, low: float, high: float) -> str:
    return "d undefined" if np.isnan(value) else f"d = {value:.2f} ({low:.2f} to {high:.2f})"
