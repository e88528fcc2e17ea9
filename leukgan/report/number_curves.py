"""How many images: what generated images change, over their own number and over the number of real training images.

generation.per_class=[0,50,100] asks for the first, in one run; a report with curve=[...] for the second, of several
runs that differ in split.train_per_class.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pandas as pd

from leukgan.classification import control_of_number
from leukgan.errors import InputError
from leukgan.presentation.figures import Figure, finish
from leukgan.presentation.plots import Line, line_panels
from leukgan.presentation.tables import Column, Table, stamp_rows
from leukgan.report.comparison_table import PAIR_HEADING, UNCORRECTED_COLUMNS
from leukgan.report.comparisons import PAIRS, compare, compare_trainings, result_columns
from leukgan.report.results import Run
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
from leukgan.statistics.intervals import Estimate

NUMBERS = (
    *("metric", "protocol", "classifier", "title", "with_generated", "without", "per_class", "splits"),
    *("value_without", "value_with", "difference", "low", "high", "p"),
)
BY_THEMSELVES = (
    "the others are secondary: intervals hold for each number by itself, p values are not corrected, and the best of "
    "several numbers looks better than it is."
)


def compare_numbers(run: Run) -> pd.DataFrame:
    """A row for each number of generated images, classifier, pair of training sets and protocol; columns are NUMBERS.

    Empty if the run has one number. Without any generated image the training sets of a pair are one and the same.
    """
    return pd.DataFrame(_points(run), columns=[*NUMBERS])


def _points(run: Run) -> Iterator[dict[str, Any]]:
    for splits, classifier, (with_generated, without) in product(run.groups(), run.titles, PAIRS):
        given = splits[0].config.get("generation", {}).get("per_class")
        numbers = sorted(given) if isinstance(given, list) and len(given) > 1 else []
        for number in numbers:
            control = "" if number == numbers[-1] else control_of_number(number)
            first = (control, classifier, with_generated) if number else ("", classifier, without)
            for row, test in compare_trainings(run, splits, run.primary, first, ("", classifier, without)):
                point = {"with_generated": with_generated, "per_class": number}
                yield row | point | result_columns(test if number else Estimate(0.0))


def numbers_table(run: Run, compared: pd.DataFrame) -> Table | None:
    """The points of the curve, of rows of `compare_numbers`; None if the run has one number."""
    if compared.empty:
        return None
    metric = CLASSIFIER_METRICS[run.primary].phrase
    return Table(
        name=f"numbers{run.suffix}",
        title=run.stamped(f"How many generated images: {metric} over their number, on {run.test_images}"),
        frame=stamp_rows(compared),
        columns=(Column("Generated of each class", "per_class", "{:,}".format), *UNCORRECTED_COLUMNS),
        notes=(
            "The images of a smaller number are the first of the larger ones, from the same GANs. The answer is about "
            f"the largest number; {BY_THEMSELVES} More images also give a network that trains in epochs more optimiser "
            "steps.",
        ),
        grouped_by=PAIR_HEADING,
    )


def numbers_figures(run: Run, compared: pd.DataFrame) -> Iterator[Figure]:
    """The curves over the number of generated images, of the first protocol."""
    title = f"How many generated images? On {run.test_images}"
    caption = (
        f"Change on {run.test_images} against the same training set without generated images; bands: 95% intervals "
        "for each number by itself, of no width where none can be given."
    )
    return _curves(run, compared, f"numbers{run.suffix}", "per_class", title, caption, "generated of each class")


def compare_sizes(runs: Sequence[Run]) -> pd.DataFrame:
    """The rows of `compare` of all runs with the column n_train, the number of real training images, ascending.

    Raises:
        InputError: Runs of other images or another primary metric than the first, or two of equal size.
    """
    first = runs[0]
    sizes: dict[int, Run] = {}
    for run in runs:
        if _basis(run) != _basis(first):
            raise InputError(
                f"curve: {run.folder} and {first.folder} differ in their images, classes or primary metric; name runs "
                "that differ in split.train_per_class alone."
            )
        size = run.splits[0].real_images[0]
        if size in sizes:
            raise InputError(
                f"curve: {run.folder} and {sizes[size].folder} both have {size} training images; name one of them."
            )
        sizes[size] = run
    return pd.concat([compare(sizes[size]).assign(n_train=size) for size in sorted(sizes)], ignore_index=True)


def _basis(run: Run) -> tuple[object, ...]:
    return run.splits[0].provenance["data"]["fingerprint"], run.classes, run.primary, run.specificity


def sizes_table(run: Run, compared: pd.DataFrame) -> Table:
    """The points of the curve, of rows of `compare_sizes`."""
    metric = CLASSIFIER_METRICS[run.primary].phrase
    return Table(
        name="training_images",
        title=run.stamped(f"How many real images: what generated images change of {metric}, by training images"),
        frame=stamp_rows(run.by_classifier(compared.sort_values(["with_generated", "n_train"], kind="stable"))),
        columns=(
            Column("Real training images", "n_train", "{:,}".format),
            Column("Splits", "splits"),
            *UNCORRECTED_COLUMNS,
        ),
        notes=(
            "Each number is a run of its own, with GANs and classifiers trained on that many real images. The answer "
            f"is about this run; {BY_THEMSELVES}",
        ),
        grouped_by=PAIR_HEADING,
    )


def sizes_figures(run: Run, compared: pd.DataFrame) -> Iterator[Figure]:
    """The curve of the changes over the number of real training images."""
    caption = (
        "Change on real test images against the same training set without generated images; each number is a run of "
        "its own. Bands: 95% intervals for each by itself, of no width where none can be given."
    )
    title = "How many real training images?"
    return _curves(run, compared, "training_images", "n_train", title, caption, "real training images")


def _curves(
    run: Run, compared: pd.DataFrame, name: str, number: str, title: str, caption: str, x_label: str
) -> Iterator[Figure]:
    """Changes over the column `number`: a panel a classifier, a line a pair of training sets, of the first protocol."""
    ours = compared[compared["protocol"] == run.pictured.protocol]
    panels: dict[str, list[Line]] = {}
    for classifier, (place, (with_generated, without)) in product(ours["title"].unique(), enumerate(PAIRS)):
        rows = ours[(ours["title"] == classifier) & (ours["with_generated"] == with_generated)]
        low, high = (100 * rows[end].fillna(rows["difference"]) for end in ("low", "high"))
        label = f"{with_generated} vs {without}"
        line = Line(x=rows[number], y=100 * rows["difference"], number=place, label=label, band=(low, high))
        panels.setdefault(classifier, []).append(line)

    if panels:
        y_label = f"change of {CLASSIFIER_METRICS[run.primary].phrase} (points)"
        with line_panels(panels, x_label=x_label, y_label=y_label) as (figure, grid):
            for axes in grid:
                axes.axhline(0, color="#888888", linewidth=1, zorder=1)
            grid[0].legend(fontsize=7.5)
            yield finish(figure, name, title, caption, stamp=run.pictured.stamp)
