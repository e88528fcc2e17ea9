"""Figures made of numbers: the tests' intervals, Figure 4, and the GANs' losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from leukgan.classification import TRAINING_SETS
from leukgan.errors import InputError
from leukgan.presentation.figures import COLOURS, Figure, canvas, finished
from leukgan.report.comparisons import Comparison
from leukgan.report.results import Run, Split, select_splits

LINES = ("-", "--", "-.", ":")
GAN_LOSSES = {
    "train/wasserstein": "Wasserstein distance (estimate)",
    "train/critic_loss": "critic loss",
    "train/generator_loss": "generator loss",
}


def curve_figures(run: Run, comparisons: Sequence[Comparison]) -> list[Figure]:
    """The differences with their intervals, Figure 4 by epoch and by optimiser step, and the GANs' losses."""
    figures = [differences(comparisons)] if comparisons else []
    group = run.groups()[0]
    losses = select_splits(run.losses, group)
    if len(losses):
        (classifier, table), *_ = losses.groupby("classifier", sort=False)  # the first that trains in epochs
        title = run.titles.get(str(classifier), str(classifier))
        figures += [training_loss(table, unit, title, group[0].leaky) for unit in ("epoch", "step")]
    gan = (_gan_losses(group[0]), validation_distance(group[0]))
    return [*figures, *(figure for figure in gan if figure is not None)]


def differences(comparisons: Sequence[Comparison]) -> Figure:
    """One line a comparison: the difference of accuracy and its 95% interval, around no difference."""
    title = "What generated images change on real test images"
    with canvas(5.6, 1.3 + 0.4 * len(comparisons)) as figure:
        height = figure.get_figheight()
        axes = figure.add_axes((0.36, 0.5 / height, 0.61, 1 - 1.15 / height))
        axes.axvline(0, color="#888888", linewidth=1)
        for y, c in enumerate(comparisons):
            colour = COLOURS[1] if c.leaky else COLOURS[0]
            if c.result.has_interval:
                axes.plot([100 * c.result.low, 100 * c.result.high], [y, y], color=colour, linewidth=2)
            axes.plot(100 * c.result.value, y, "o", color=colour, markersize=6)
        names = [
            # Without the weights' file, for whose name there is no room.
            f"{c.title.partition(' (')[0]}{' (LEAKY)' if c.leaky else ''}\n{c.with_generated} vs {c.without}"
            for c in comparisons
        ]
        axes.set_yticks(range(len(comparisons)), names, fontsize=8, color="#222222")
        axes.set_ylim(len(comparisons) - 0.4, -0.6)
        reach = max(abs(bound) for bound in (*axes.get_xlim(), 1.0))
        axes.set_xlim(-reach, reach)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_xlabel("change of accuracy (percentage points)")
        for x, side, words in ((0, "left", "← worse with them"), (1, "right", "better with them →")):
            axes.text(x, 1.02, words, transform=axes.transAxes, ha=side, va="bottom", fontsize=8, color="#444444")
        caption = (
            "Points: change of accuracy on real test images; lines: 95% intervals. Where a line crosses zero, no "
            "change at all is among the explanations."
        )
        return finished(figure, "differences", title, caption, any(c.leaky for c in comparisons))


def training_loss(table: pd.DataFrame, unit: Literal["epoch", "step"], classifier: str, leaky: bool) -> Figure:
    """Figure 4: the network's training loss by training set, mean and range over splits."""
    label = {"epoch": "epoch", "step": "optimiser step (logarithmic)"}[unit]
    title = f"Figure 4{'a' if unit == 'epoch' else 'b'}. Training loss of {classifier}, by {label.split(' (')[0]}"
    splits = table["folder"].nunique()
    with canvas(7.2, 3.7) as figure:
        axes = figure.add_axes((0.085, 0.14, 0.89, 0.7))
        shown = [name for name in TRAINING_SETS if (table["training_set"] == name).any()]
        for name in shown:
            i = TRAINING_SETS.index(name)
            by_split = table[table["training_set"] == name].pivot_table(index=unit, columns="folder", values="loss")
            mean = by_split.mean(axis=1)
            axes.plot(mean.index, mean, LINES[i], color=COLOURS[i], linewidth=1.8, label=name)
            if splits > 1:
                low, high = by_split.min(axis=1), by_split.max(axis=1)
                axes.fill_between(mean.index, low, high, color=COLOURS[i], alpha=0.15, linewidth=0)
        if unit == "step":
            axes.set_xscale("log")
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _from_zero(axes)
        axes.grid(axis="y")
        axes.set_xlabel(label)
        axes.set_ylabel("training loss")
        axes.legend(title="training set", alignment="left", ncols=2)
        caption = f"Mean and range over {splits} splits." if splits > 1 else ""
        return finished(figure, f"loss_by_{unit}", title, caption, leaky)


def validation_distance(split: Split) -> Figure | None:
    """The distance to validation images while the GANs trained, with its interval and the smallest value marked."""
    tables = {name: pd.read_csv(path) for name, folder in split.gans().items() if (path := folder / "kid.csv").exists()}
    if not tables:
        return None
    measure = next(iter(tables.values())).columns[1]
    title = "Distance to validation images while the GANs trained"
    with canvas(7.2, 3.0) as figure:
        axes = figure.add_axes((0.085, 0.17, 0.89, 0.63))
        for i, (name, table) in enumerate(tables.items()):
            steps, best = table["generator_step"], int(table[measure].argmin())
            axes.plot(steps, table[measure], LINES[i], color=COLOURS[i], linewidth=1.8, label=name)
            axes.fill_between(
                steps, table[f"{measure}_low"], table[f"{measure}_high"], color=COLOURS[i], alpha=0.15, linewidth=0
            )
            axes.plot(steps.iloc[best], table[measure].iloc[best], "o", color=COLOURS[i], markersize=7)
        _from_zero(axes)
        axes.set_xlabel("generator step")
        axes.set_ylabel(measure.replace("kid_", "KID, "))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y")
        axes.legend()
        caption = (
            f"Dots: the checkpoint of {split.name} that was kept as the best. Bands: 95% intervals, largely common to "
            "all values of one training."
        )
        return finished(figure, "gan_distance", title, caption, split.leaky)


def _from_zero(axes: Axes) -> None:
    low, high = axes.get_ylim()
    axes.set_ylim(min(0.0, low), high)


def _gan_losses(split: Split) -> Figure | None:
    tables = {}
    for name, folder in split.gans().items():
        path = folder / "metrics.csv"
        if path.exists() and path.stat().st_size:
            tables[name] = pd.read_csv(path)
            if "generator_step" not in tables[name]:
                raise InputError(f"{path} lacks the column generator_step; run the split again.")
    columns = [column for column in GAN_LOSSES if any(column in table for table in tables.values())]
    if not columns:
        return None
    title = "Losses of the GANs"
    with canvas(7.2, 3.0) as figure:
        grid = figure.add_gridspec(1, len(columns), left=0.085, right=0.985, bottom=0.17, top=0.76, wspace=0.3)
        for i, column in enumerate(columns):
            axes = figure.add_subplot(grid[0, i])
            for j, (name, table) in enumerate(tables.items()):
                if column in table:
                    line = table[["generator_step", column]].dropna()
                    axes.plot(
                        line["generator_step"], line[column], LINES[j], color=COLOURS[j], linewidth=1.2, label=name
                    )
            axes.set_title(GAN_LOSSES[column], fontsize=9, fontweight="normal")
            axes.set_xlabel("generator step")
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.grid(axis="y")
            if i == 0:
                axes.legend()
        return finished(
            figure,
            "gan_losses",
            title,
            f"{'One GAN of both classes' if split.conditional else 'One GAN a class'}, of {split.name}.",
            split.leaky,
        )
