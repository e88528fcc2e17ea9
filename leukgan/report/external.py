"""External test sets: how classifiers do there beside the study's own test part, and how far their images are."""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product

import pandas as pd

from leukgan.classification import TRAINING_SETS
from leukgan.data.check.findings import PROPERTIES
from leukgan.presentation.figures import COLOURS, Figure, canvas, finish
from leukgan.presentation.formatting import (
    classifier_phrase,
    interval,
    join_words,
    number,
    percent,
    percent_with_interval,
    points,
    quantity,
)
from leukgan.presentation.page import Statement
from leukgan.presentation.plots import Margins, Point, axes_grid, draw_points
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.comparisons import mean_over_splits
from leukgan.report.headline import set_phrase
from leukgan.report.results import REAL, Run
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
from leukgan.statistics.intervals import difference_of_estimates

NUMBERS = (
    *("test_set", "metric", "protocol", "classifier", "title", "training_set", "splits", "n", "n_own"),
    *("own", "own_low", "own_high", "value", "low", "high", "difference", "difference_low", "difference_high"),
)

COLUMNS = (
    Column("Training set", "training_set"),
    SOURCE,
    Column("Tested on", "test_set"),
    Column("Own test images", ("own", "own_low", "own_high"), percent_with_interval),
    Column("These images", ("value", "low", "high"), percent_with_interval),
    Column("Difference (points)", "difference", points),
    Column("95% interval", ("difference_low", "difference_high"), interval),
    Column("n", "n"),
)
SHOWN = 0.05  # beyond which, from 0.5, an interval tells that images differ


def _label(measure: str) -> str:
    if measure.startswith("kid_"):
        return f"KID to the training images, {measure.removeprefix('kid_')}"
    return PROPERTIES.get(measure, measure)


_two_decimals = partial(number, digits=2)
SHIFT_COLUMNS = (
    Column("Measure", "measure", _label),
    Column("Training images", "training", number),
    Column("Own test images", "test", number),
    Column("These images", "external", number),
    Column("Larger than training: own test", "auc_test", _two_decimals),
    Column("These", "auc", _two_decimals),
    Column("95% interval", ("low", "high"), partial(interval, form=number)),
)


def external_values(run: Run) -> pd.DataFrame:
    """The primary metric on each external set beside that on the own test part; columns are NUMBERS.

    A row for each external set, protocol, classifier and training set. Values are fractions, means over splits;
    `difference` is external less own.
    """
    rows, views = [], [run.on(name) for name in run.external]
    for (classifier, title), view, splits, training_set in product(
        run.titles.items(), views, run.groups(), TRAINING_SETS
    ):
        training = ("", classifier, training_set)
        own, own_tested = mean_over_splits(run, splits, run.primary, training)
        there, tested = mean_over_splits(view, splits, run.primary, training)
        if tested:
            names = {"test_set": view.test_set, "metric": run.primary, "protocol": splits[0].protocol}
            names |= {"classifier": classifier, "title": title, "training_set": training_set}
            sizes = {"splits": len(tested), "n": len(tested[0].labels), "n_own": len(own_tested[0].labels)}
            found = {"value": there.value, "low": there.low, "high": there.high, **own.columns("own")}
            difference = difference_of_estimates(there, own).columns("difference")
            rows.append({**names, **sizes, **found, **difference})
    return pd.DataFrame(rows, columns=[*NUMBERS])


def external_table(run: Run, values: pd.DataFrame) -> Table | None:
    """The values on external sets beside those on the own test part, of rows of `external_values`; None without any."""
    if values.empty:
        return None
    metric = CLASSIFIER_METRICS[run.primary]
    several = bool((values["splits"] > 1).any())
    return Table(
        name="external",
        title=run.stamped(f"{metric.label} on images from elsewhere, beside the study's own test images"),
        frame=stamp_rows(values),
        columns=COLUMNS,
        notes=(
            f"{metric.label} in percent with 95% interval, differences in percentage points. No image of an external "
            "set was used to train or to choose anything. The interval of a difference takes both values as "
            "independent, which makes it cautious (Zou and Donner, 2008).",
            *(["Several splits: means; an external set is the same in all of them."] if several else []),
        ),
    )


def external_figure(run: Run, values: pd.DataFrame) -> list[Figure]:
    """The values of the first protocol: a panel a classifier, a row a training set, a colour a test set."""
    ours = values[values["protocol"] == run.pictured.protocol]
    if ours.empty:
        return []
    metric = CLASSIFIER_METRICS[run.primary]
    panels = dict(list(ours.groupby("title", sort=False)))
    names = [name for name in TRAINING_SETS if name in set(ours["training_set"])]
    sets = [REAL, *run.external]
    with canvas(7.2, 1.6 + 0.16 * len(names) * len(sets)) as figure:
        margins = Margins(left=1.05, right=0.15, bottom=0.5, top=0.85)
        grid = axes_grid(figure, len(panels), len(panels), margins, wspace=0.1, sharey=True)
        for axes, (title, rows) in zip(grid, panels.items(), strict=True):
            draw_points(axes, list(_points(rows, names, sets)), horizontal=True)
            axes.set_title(str(title).partition(" (")[0], fontsize=9)
            axes.set_xlabel(f"{metric.phrase} (%)", fontsize=8)
            axes.grid(axis="x")
        grid[0].set_yticks(range(len(names)), names, fontsize=8)
        grid[0].set_ylim(len(names) - 0.5, -0.5)
        for number, name in enumerate(sets):
            label = "own test images" if name == REAL else name
            grid[0].plot([], [], "o", color=COLOURS[number % len(COLOURS)], label=label)
        figure.legend(*grid[0].get_legend_handles_labels(), loc="upper right", ncols=len(sets), fontsize=7.5)

        title = "On images from elsewhere, beside the study's own test images"
        caption = f"{metric.label} by training set; lines: 95% intervals."
        return [finish(figure, "external", title, caption, stamp=run.pictured.stamp)]


def _points(rows: pd.DataFrame, names: Sequence[str], sets: Sequence[str]) -> Iterator[Point]:
    """The points of a panel, those of a training set below each other."""
    for row in rows.to_dict("records"):
        own = {"value": row["own"], "low": row["own_low"], "high": row["own_high"]}
        for name, found in ((REAL, own), (row["test_set"], row)):
            number = sets.index(name)
            colour = COLOURS[number % len(COLOURS)]
            place = names.index(row["training_set"]) + 0.7 * ((number + 0.5) / len(sets) - 0.5)
            ends = (100 * found["low"], 100 * found["high"]) if not math.isnan(found["low"]) else None
            look = {"color": colour, "marker": "o", "markersize": 5}
            yield Point(place=place, value=100 * found["value"], interval=ends, look=look, bar={"color": colour})


def describe_external(run: Run, test_set: str, values: pd.DataFrame, answer: Statement) -> Statement:
    """What is said of an external set: how classifiers do there and at home, the answer there, and how far it is.

    They are those trained on the training set with the most images that are not generated, if there is one.
    """
    ours = values[(values["protocol"] == run.pictured.protocol) & (values["test_set"] == test_set)]
    trained = sorted(set(ours["training_set"]), key=lambda name: ("gen" not in name, TRAINING_SETS.index(name)))[-1]
    clauses = [
        f"{percent(row['value'])}% for {classifier_phrase(row['title'])} ({percent(row['own'])}% on the study's own "
        f"test images, a difference of {points(row['difference'])} points, 95% interval "
        f"{interval(row['difference_low'], row['difference_high'])})"
        for row in ours[ours["training_set"] == trained].to_dict("records")
    ]
    text = (
        f"{quantity(int(ours['n'].iloc[0]), 'image')} from elsewhere; {CLASSIFIER_METRICS[run.primary].phrase} after "
        f"training on {set_phrase(trained)} images is {join_words(clauses)}. {answer} {_describe_shift(run, test_set)}"
    )
    return Statement(f"On {test_set}", text.strip())


def shift_table(run: Run) -> Table | None:
    """A row for each external set and measure, in the split that figures show; None without external sets."""
    rows = run.shift[run.shift["folder"] == run.pictured.name]
    if rows.empty:
        return None
    return Table(
        name="shift",
        title=f"How far the images from elsewhere are from the training images ({run.pictured.name})",
        frame=rows.drop(columns="folder"),
        columns=SHIFT_COLUMNS,
        notes=(
            "Medians, from 0 to 255 but for sharpness, means over both classes. Larger than training: the chance that "
            "an image has a larger value than a training image of its class, 0.5 where they do not differ. Background "
            "and surroundings are those of the data check, measured in the corners beside the cell. KID: the distance "
            "to the training images in a network's features, 0 where they do not differ; its interval is that of these "
            "images. Images count as independent.",
        ),
        grouped_by=Column("Test set", "test_set"),
    )


def _describe_shift(run: Run, test_set: str) -> str:
    """What an external set's images differ in most, in a sentence; empty if that was not measured."""
    rows = run.shift[(run.shift["folder"] == run.pictured.name) & (run.shift["test_set"] == test_set)]
    measured = rows[rows["auc"].notna()]
    if measured.empty:
        return ""
    distance = "".join(
        f" KID to the training images is {number(row['external'])}, that of the own test images {number(row['test'])}."
        for row in rows[rows["auc"].isna()].to_dict("records")
    )

    shown = measured[(measured["low"] > 0.5 + SHOWN) | (measured["high"] < 0.5 - SHOWN)]
    if shown.empty:
        return f"Brightness, colour and sharpness of its images are not shown to differ from the training's.{distance}"
    furthest = max(shown.to_dict("records"), key=lambda row: abs(row["auc"] - 0.5))
    return (
        f"Its images differ from the training images most in {_label(furthest['measure'])}: "
        f"{number(furthest['external'])} against {number(furthest['training'])} (own test images: "
        f"{number(furthest['test'])}).{distance}"
    )
