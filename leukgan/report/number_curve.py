"""How many generated images: the primary metric over their number, as generation.per_class=[0,50,100] asks for."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pandas as pd

from leukgan.classification import control_of_number
from leukgan.presentation.figures import Figure, canvas, finish
from leukgan.presentation.plots import Line, Margins, axes_grid, draw_lines
from leukgan.presentation.tables import Column, Table, stamp_rows
from leukgan.report.comparison_table import PAIR_HEADING, UNCORRECTED_COLUMNS
from leukgan.report.comparisons import PAIRS, Training, compare_trainings, result_columns
from leukgan.report.results import Run
from leukgan.report.splits import Split
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
from leukgan.statistics.intervals import Estimate

NUMBERS = (
    *("metric", "protocol", "classifier", "title", "with_generated", "without", "per_class", "splits"),
    *("value_without", "value_with", "difference", "low", "high", "p"),
)
COLUMNS = (Column("Generated of each class", "per_class", "{:,}".format), *UNCORRECTED_COLUMNS)


def compare_numbers(run: Run) -> pd.DataFrame:
    """A row for each number of generated images, classifier, pair of training sets and protocol; columns are NUMBERS.

    Empty if the run has one number. Without any generated image the training sets of a pair are one and the same.
    """
    rows = [
        row
        for splits in run.groups()
        for classifier, pair, number in product(run.titles, PAIRS, _numbers(splits[0]))
        for row in _compare(run, splits, classifier, pair, number)
    ]
    return pd.DataFrame(rows, columns=[*NUMBERS])


def _numbers(split: Split) -> list[int]:
    """The numbers of a curve, ascending; none if there was one number."""
    given = split.config.get("generation", {}).get("per_class")
    return sorted(given) if isinstance(given, list) and len(given) > 1 else []


def _compare(
    run: Run, splits: Sequence[Split], classifier: str, pair: tuple[str, str], number: int
) -> Iterator[dict[str, Any]]:
    """One point; nothing if no split trained both."""
    control = "" if number == _numbers(splits[0])[-1] else control_of_number(number)
    without: Training = ("", classifier, pair[1])
    with_it: Training = (control, classifier, pair[0]) if number else without
    for row, test in compare_trainings(run, splits, run.primary, with_it, without):
        compared = {"with_generated": pair[0], "per_class": number}
        yield row | compared | result_columns(test if number else Estimate(0.0))


def numbers_table(run: Run, compared: pd.DataFrame) -> Table | None:
    """The points of the curve, of rows of `compare_numbers`; None if the run has one number."""
    if compared.empty:
        return None
    frame, metric = stamp_rows(compared), CLASSIFIER_METRICS[run.primary]
    return Table(
        name=f"numbers{run.suffix}",
        title=run.stamped(f"How many generated images: {metric.phrase} over their number, on {run.test_images}"),
        frame=frame,
        columns=COLUMNS,
        notes=(
            "The images of a smaller number are the first of the larger ones, from the same GANs. The answer is about "
            "the largest number; the others are secondary: intervals hold for each number by itself, p values are not "
            "corrected, and the best of several numbers looks better than it is. More images also give a network that "
            "trains in epochs more optimiser steps.",
        ),
        numbers=frame[[*NUMBERS]],
        grouped_by=PAIR_HEADING,
    )


def numbers_figures(run: Run, compared: pd.DataFrame) -> list[Figure]:
    """The curves over the number of generated images, of the first protocol."""
    caption = (
        f"Change on {run.test_images} against the same training set without generated images; bands: 95% intervals "
        "for each number by itself, of no width where none can be given."
    )
    labels = (f"How many generated images? On {run.test_images}", caption, "generated of each class")
    return curve_figures(run, compared, f"numbers{run.suffix}", "per_class", *labels)


def curve_figures(
    run: Run, compared: pd.DataFrame, name: str, number: str, title: str, caption: str, x_label: str
) -> list[Figure]:
    """Changes over the column `number`: a panel a classifier, a line a pair of training sets, of the first protocol."""
    ours = compared[compared["protocol"] == run.pictured.protocol]
    if ours.empty:
        return []
    metric = CLASSIFIER_METRICS[run.primary]
    panels = dict(list(ours.groupby("title", sort=False)))
    with canvas(7.2, 3.0) as figure:
        margins = Margins(left=0.65, right=0.15, bottom=0.5, top=0.75)
        grid = axes_grid(figure, len(panels), len(panels), margins, wspace=0.1, sharey=True)
        for axes, (classifier, rows) in zip(grid, panels.items(), strict=True):
            axes.axhline(0, color="#888888", linewidth=1)
            y_label = f"change of {metric.phrase} (points)" if axes is grid[0] else ""
            draw_lines(axes, _lines(rows, number), x_label=x_label, y_label=y_label, ticks=5)
            axes.set_title(str(classifier).partition(" (")[0], fontsize=9)
        grid[0].legend(fontsize=7.5)
        return [finish(figure, name, title, caption, stamp=run.pictured.stamp)]


def _lines(compared: pd.DataFrame, x: str) -> list[Line]:
    """A classifier's lines, one a pair of training sets, with their intervals as bands."""
    lines = []
    for place, (with_generated, without) in enumerate(PAIRS):
        rows = compared[compared["with_generated"] == with_generated]
        low, high = (100 * rows[end].fillna(rows["difference"]) for end in ("low", "high"))
        label = f"{with_generated} vs {without}"
        lines.append(Line(x=rows[x], y=100 * rows["difference"], number=place, label=label, band=(low, high)))
    return lines
