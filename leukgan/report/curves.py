"""Figures made of numbers: the tests' intervals, Figure 4, and the GANs' losses."""

import math
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from leukgan.classification import TRAINING_SETS
from leukgan.errors import InputError
from leukgan.presentation.figures import COLOURS, Figure, canvas, finish
from leukgan.presentation.formatting import STAMPS, worst_stamp
from leukgan.presentation.plots import Line, Margins, Point, axes_grid, draw_points, line_panels
from leukgan.report.results import Run, select_splits
from leukgan.run_folder.files import read_rows
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS

SPECTRA = ("held-out", "generated")
GAN_LOSSES = {
    "train/wasserstein": "estimated Wasserstein distance",
    "train/critic_loss": "critic loss",
    "train/generator_loss": "generator loss",
}


def differences_figures(run: Run, comparisons: pd.DataFrame) -> Iterator[Figure]:
    """One line a row of `compare`: the difference of the metric and its 95% interval, around no difference."""
    if comparisons.empty:
        return
    metric = CLASSIFIER_METRICS[comparisons["metric"].iloc[0]]
    points, names = [], []
    rows: list[Any] = list(comparisons.itertuples())
    for place, c in enumerate(rows):
        stamp = STAMPS[c.protocol]
        interval = None if math.isnan(c.low) else (100 * c.low, 100 * c.high)
        colour = COLOURS[1] if stamp else COLOURS[0]
        look, bar = {"color": colour, "marker": "o", "markersize": 6}, {"color": colour, "linewidth": 2}
        points.append(Point(place=place, value=100 * c.difference, interval=interval, look=look, bar=bar))

        # Without the weights' file, for whose name there is no room.
        title = f"{c.title.partition(' (')[0]}{f' ({stamp})' if stamp else ''}"
        names.append(f"{title}\n{c.with_generated} vs {c.without}")

    with canvas(5.6, 1.3 + 0.4 * len(points)) as figure:
        (axes,) = axes_grid(figure, 1, 1, Margins(left=2.016, right=0.168, bottom=0.5, top=0.65))
        axes.axvline(0, color="#888888", linewidth=1)
        draw_points(axes, points, horizontal=True)
        axes.set_yticks(range(len(names)), names, fontsize=8, color="#222222")
        axes.set_ylim(len(names) - 0.4, -0.6)
        widest = max(abs(bound) for bound in (*axes.get_xlim(), 1.0))
        axes.set_xlim(-widest, widest)

        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_xlabel(f"change of {metric.phrase} (percentage points)")
        left, right = ("better", "worse") if metric.lower_is_better else ("worse", "better")
        for x, side, words in ((0, "left", f"← {left} with them"), (1, "right", f"{right} with them →")):
            axes.text(x, 1.02, words, transform=axes.transAxes, ha=side, va="bottom", fontsize=8, color="#444444")

        title = f"What generated images change on {run.test_images}"
        caption = (
            f"Points: change of {metric.phrase} on {run.test_images}; lines: 95% intervals. Where a line crosses zero, "
            "no change at all is among the explanations."
        )
        yield finish(figure, f"differences{run.suffix}", title, caption, stamp=worst_stamp(comparisons["protocol"]))


def loss_figures(run: Run) -> Iterator[Figure]:
    """Figure 4, by epoch and by optimiser step, of the first classifier that trains in epochs; none without one.

    A network's training loss by training set, mean and range over splits.
    """
    losses = select_splits(run.classifier_loss, run.groups()[0])
    if losses.empty:
        return
    (classifier, table), *_ = losses.groupby("classifier", sort=False)
    classifier_title, splits = run.titles.get(str(classifier), str(classifier)), table["folder"].nunique()

    for letter, unit, label in (("a", "epoch", "epoch"), ("b", "step", "optimiser step (logarithmic)")):
        lines = []
        for number, name in enumerate(TRAINING_SETS):
            rows = table[table["training_set"] == name]
            if len(rows):
                by_split = rows.pivot_table(index=unit, columns="folder", values="loss")
                band = (by_split.min(axis=1), by_split.max(axis=1)) if splits > 1 else None
                lines.append(Line(x=by_split.index, y=by_split.mean(axis=1), number=number, label=name, band=band))

        panels, log = {"": lines}, unit == "step"
        with line_panels(panels, x_label=label, y_label="training loss", height=3.7, log=log, from_zero=True) as drawn:
            figure, (axes,) = drawn
            axes.legend(title="training set", alignment="left", ncols=2)
            title = f"Figure 4{letter}. Training loss of {classifier_title}, by {label.split(' (')[0]}"
            caption = f"Mean and range over {splits} splits." if splits > 1 else ""
            yield finish(figure, f"loss_by_{unit}", title, caption, stamp=run.pictured.stamp)


def gan_losses_figures(run: Run) -> Iterator[Figure]:
    """The losses of each GAN by generator step, a panel for each loss that any of them logged; none without any."""
    split = run.pictured
    logged = _read_gan_tables({name: gan.metrics for name, gan in split.gans().items()})
    panels: dict[str, list[Line]] = {}
    for column, title in GAN_LOSSES.items():
        for number, (name, table) in enumerate(logged.items()):
            if column in table:
                rows = table[["generator_step", column]].dropna()
                line = Line(x=rows["generator_step"], y=rows[column], number=number, label=name)
                panels.setdefault(title, []).append(line)

    if panels:
        with line_panels(panels, x_label="generator step", sharey=False) as (figure, grid):
            grid[0].legend()
            caption = f"{split.gans_learned}, of {split.name}."
            yield finish(figure, "gan_losses", "Losses of the GANs", caption, stamp=split.stamp)


def validation_distance_figures(run: Run) -> Iterator[Figure]:
    """The distance to validation images while the GANs trained, with its interval and the smallest value marked."""
    split = run.pictured
    distances = _read_gan_tables({name: gan.kid for name, gan in split.gans().items()})
    if not distances:
        return
    measure = next(iter(distances.values())).columns[1]  # after generator_step; the ends of its interval follow
    lines = [
        Line(
            x=table["generator_step"], y=table[measure], number=number, label=name,
            band=(table[f"{measure}_low"], table[f"{measure}_high"]), marked=int(table[measure].argmin()),
        )
        for number, (name, table) in enumerate(distances.items())
    ]  # fmt: skip

    y_label = measure.replace("kid_", "KID, ")
    with line_panels({"": lines}, x_label="generator step", y_label=y_label, from_zero=True) as (figure, (axes,)):
        axes.legend()
        title = "Distance to validation images while the GANs trained"
        caption = (
            f"Dots: the checkpoint of {split.name} that was kept as the best. Bands: 95% intervals, largely common to "
            "all values of one training."
        )
        yield finish(figure, "gan_distance", title, caption, stamp=split.stamp)


def _read_gan_tables(paths: Mapping[str, Path]) -> dict[str, pd.DataFrame]:
    """The tables that are there and not empty."""
    tables = {name: read_rows(path) for name, path in paths.items() if path.exists() and path.stat().st_size}
    for name, table in tables.items():
        if "generator_step" not in table:
            raise InputError(f"{paths[name]} lacks the column generator_step; run the split again.")
    return tables


def spectra_figures(run: Run) -> Iterator[Figure]:
    """The power of generated and held-out real images by spatial frequency, a panel a class; none if not measured."""
    split = run.pictured
    table = run.spectra[run.spectra["folder"] == split.name]
    if table.empty:
        return

    panels: dict[str, list[Line]] = {}
    for name, (number, kind) in product(run.classes[::-1], enumerate(SPECTRA)):
        rows = table[(table["class"] == name) & (table["kind"] == kind)]
        line = Line(x=rows["periods"], y=rows["median"], number=number, label=kind, band=(rows["low"], rows["high"]))
        panels.setdefault(name, []).append(line)

    with line_panels(panels, x_label="periods per image", y_label="log power") as (figure, grid):
        grid[0].legend(fontsize=8)
        title = "Fine detail of generated and real images"
        caption = (
            f"Log power of the brightness in rings of spatial frequency, of {split.name}: median, and the band of the "
            "middle 80% of images. Generated images that lack fine detail fall below real ones on the right; traces of "
            "upsampling rise above them."
        )
        yield finish(figure, "spectra", title, caption, stamp=split.stamp)
