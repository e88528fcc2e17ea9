"""How many real training images: the answers of several runs that differ in split.train_per_class, over that number."""

from collections.abc import Sequence

import pandas as pd

from leukgan.errors import InputError
from leukgan.presentation.figures import Figure
from leukgan.presentation.tables import Column, Table, stamp_rows
from leukgan.report.comparison_table import PAIR_HEADING, UNCORRECTED_COLUMNS
from leukgan.report.comparisons import compare
from leukgan.report.number_curve import curve_figures
from leukgan.report.results import Run
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS

COLUMNS = (
    Column("Real training images", "n_train", "{:,}".format),
    Column("Splits", "splits"),
    *UNCORRECTED_COLUMNS,
)


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
    """What runs of one curve have in common."""
    data = run.splits[0].provenance["data"]
    return data["fingerprint"], run.classes, run.primary, run.specificity


def sizes_table(run: Run, compared: pd.DataFrame) -> Table:
    """The points of the curve, of rows of `compare_sizes`."""
    frame = stamp_rows(run.by_classifier(compared.sort_values(["with_generated", "n_train"], kind="stable")))
    metric = CLASSIFIER_METRICS[run.primary].phrase
    return Table(
        name="training_images",
        title=run.stamped(f"How many real images: what generated images change of {metric}, by training images"),
        frame=frame,
        columns=COLUMNS,
        notes=(
            "Each number is a run of its own, with GANs and classifiers trained on that many real images. The answer "
            "is about this run; the others are secondary: intervals hold for each number by itself, p values are not "
            "corrected, and the best of several numbers looks better than it is.",
        ),
        numbers=frame[["n_train", *(name for name in compared if name != "n_train")]],
        grouped_by=PAIR_HEADING,
    )


def sizes_figures(run: Run, compared: pd.DataFrame) -> list[Figure]:
    """The curve of the changes over the number of real training images."""
    caption = (
        "Change on real test images against the same training set without generated images; each number is a run of "
        "its own. Bands: 95% intervals for each by itself, of no width where none can be given."
    )
    labels = ("How many real training images?", caption, "real training images")
    return curve_figures(run, compared, "training_images", "n_train", *labels)
