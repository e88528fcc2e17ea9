"""Figures made of numbers: the tests' intervals, Figure 4, and the GANs' losses."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from leukgan.classification import TRAINING_SETS
from leukgan.errors import InputError
from leukgan.presentation.figures import COLOURS, Figure, canvas, finish
from leukgan.presentation.formatting import STAMPS, worst_stamp
from leukgan.presentation.plots import Line, Margins, Point, axes_grid, draw_lines, draw_points
from leukgan.report.results import Run, select_splits
from leukgan.run_folder.tables import read_rows
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS

SPECTRA = ("held-out", "generated")
GAN_LOSSES = {
    "train/wasserstein": "Wasserstein distance (estimate)",
    "train/critic_loss": "critic loss",
    "train/generator_loss": "generator loss",
}


def loss_figures(run: Run) -> list[Figure]:
    """Figure 4, by epoch and by optimiser step, of the first classifier that trains in epochs; none without one."""
    losses = select_splits(run.classifier_loss, run.groups()[0])
    if losses.empty:
        return []
    (classifier, table), *_ = losses.groupby("classifier", sort=False)
    title = run.titles.get(str(classifier), str(classifier))
    units: tuple[Literal["epoch", "step"], ...] = ("epoch", "step")
    return [training_loss_figure(table, unit, title, stamp=run.pictured.stamp) for unit in units]


def gan_curve_figures(run: Run) -> Iterator[Figure]:
    """The GANs' losses, and their distances to validation images, as far as they logged any."""
    split = run.pictured
    logged = _read_gan_tables({name: gan.metrics for name, gan in split.gans().items()})
    if any(column in table for table in logged.values() for column in GAN_LOSSES):
        caption = f"{split.gans_learned}, of {split.name}."
        yield gan_losses_figure(logged, caption, stamp=split.stamp)

    distances = _read_gan_tables({name: gan.kid for name, gan in split.gans().items()})
    if distances:
        yield validation_distance_figure(distances, split.name, stamp=split.stamp)


def differences_figure(comparisons: pd.DataFrame, *, test_images: str = "real test images", suffix: str = "") -> Figure:
    """One line a row of `compare`: the difference of the metric and its 95% interval, around no difference."""
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

        title = f"What generated images change on {test_images}"
        caption = (
            f"Points: change of {metric.phrase} on {test_images}; lines: 95% intervals. Where a line crosses zero, "
            "no change at all is among the explanations."
        )
        return finish(figure, f"differences{suffix}", title, caption, stamp=worst_stamp(comparisons["protocol"]))


def training_loss_figure(
    losses: pd.DataFrame, unit: Literal["epoch", "step"], classifier: str, *, stamp: str
) -> Figure:
    """Figure 4: a network's training loss by training set, mean and range over splits."""
    splits, lines = losses["folder"].nunique(), []
    for number, name in enumerate(TRAINING_SETS):
        rows = losses[losses["training_set"] == name]
        if len(rows):
            by_split = rows.pivot_table(index=unit, columns="folder", values="loss")
            band = (by_split.min(axis=1), by_split.max(axis=1)) if splits > 1 else None
            lines.append(Line(x=by_split.index, y=by_split.mean(axis=1), number=number, label=name, band=band))

    label = {"epoch": "epoch", "step": "optimiser step (logarithmic)"}[unit]
    with canvas(7.2, 3.7) as figure:
        (axes,) = axes_grid(figure, 1, 1, Margins(left=0.612, right=0.18, bottom=0.518, top=0.592))
        draw_lines(axes, lines, x_label=label, y_label="training loss", log=unit == "step", from_zero=True)
        axes.legend(title="training set", alignment="left", ncols=2)

        title = f"Figure 4{'a' if unit == 'epoch' else 'b'}. Training loss of {classifier}, by {label.split(' (')[0]}"
        caption = f"Mean and range over {splits} splits." if splits > 1 else ""
        return finish(figure, f"loss_by_{unit}", title, caption, stamp=stamp)


def validation_distance_figure(distances: Mapping[str, pd.DataFrame], split: str, *, stamp: str) -> Figure:
    """The distance to validation images while the GANs trained, with its interval and the smallest value marked.

    Columns of each table are generator_step, the distance, and the ends of its interval.
    """
    measure = next(iter(distances.values())).columns[1]
    lines = [
        Line(
            x=table["generator_step"], y=table[measure], number=number, label=name,
            band=(table[f"{measure}_low"], table[f"{measure}_high"]), marked=int(table[measure].argmin()),
        )
        for number, (name, table) in enumerate(distances.items())
    ]  # fmt: skip

    with canvas(7.2, 3.0) as figure:
        (axes,) = axes_grid(figure, 1, 1, Margins(left=0.612, right=0.18, bottom=0.51, top=0.6))
        y_label = measure.replace("kid_", "KID, ")
        draw_lines(axes, lines, x_label="generator step", y_label=y_label, from_zero=True)
        axes.legend()

        title = "Distance to validation images while the GANs trained"
        caption = (
            f"Dots: the checkpoint of {split} that was kept as the best. Bands: 95% intervals, largely common to "
            "all values of one training."
        )
        return finish(figure, "gan_distance", title, caption, stamp=stamp)


def gan_losses_figure(logged: Mapping[str, pd.DataFrame], caption: str, *, stamp: str) -> Figure:
    """The losses of each GAN by generator step, a panel for each loss that any of them logged."""
    panels = {}
    for column, title in GAN_LOSSES.items():
        lines = []
        for number, (name, table) in enumerate(logged.items()):
            if column in table:
                rows = table[["generator_step", column]].dropna()
                lines.append(Line(x=rows["generator_step"], y=rows[column], number=number, label=name))
        if lines:
            panels[title] = lines

    with canvas(7.2, 3.0) as figure:
        grid = axes_grid(figure, len(panels), len(panels), Margins(left=0.612, right=0.108, bottom=0.51, top=0.72))
        for axes, (title, lines) in zip(grid, panels.items(), strict=True):
            draw_lines(axes, lines, x_label="generator step", width=1.2, ticks=4)
            axes.set_title(title, fontsize=9, fontweight="normal")
        grid[0].legend()
        return finish(figure, "gan_losses", "Losses of the GANs", caption, stamp=stamp)


def _read_gan_tables(paths: Mapping[str, Path]) -> dict[str, pd.DataFrame]:
    """The tables that are there and not empty."""
    tables = {name: read_rows(path) for name, path in paths.items() if path.exists() and path.stat().st_size}
    for name, table in tables.items():
        if "generator_step" not in table:
            raise InputError(f"{paths[name]} lacks the column generator_step; run the split again.")
    return tables


def spectra_figure(run: Run) -> list[Figure]:
    """The power of generated and held-out real images by spatial frequency, a panel a class; none if not measured."""
    split = run.pictured
    table = run.spectra[run.spectra["folder"] == split.name]
    if table.empty:
        return []

    caption = (
        f"Log power of the brightness in rings of spatial frequency, of {split.name}: median, and the band of the "
        "middle 80% of images. Generated images that lack fine detail fall below real ones on the right; traces of "
        "upsampling rise above them."
    )

    with canvas(7.2, 3.0) as figure:
        panels = axes_grid(figure, 2, 2, Margins(left=0.65, right=0.15, bottom=0.5, top=0.75), wspace=0.08, sharey=True)
        for axes, name in zip(panels, run.classes[::-1], strict=True):
            lines = []
            for number, kind in enumerate(SPECTRA):
                rows = table[(table["class"] == name) & (table["kind"] == kind)]
                band = (rows["low"], rows["high"])
                lines.append(Line(x=rows["periods"], y=rows["median"], number=number, label=kind, band=band))
            draw_lines(axes, lines, x_label="periods per image", y_label="log power" if axes is panels[0] else "")
            axes.set_title(name, fontsize=9)

        panels[0].legend(frameon=False, fontsize=8)
        title = "Fine detail of generated and real images"
        return [finish(figure, "spectra", title, caption, stamp=split.stamp)]
