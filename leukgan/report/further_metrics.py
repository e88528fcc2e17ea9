"""The table of metrics that the paper does not have, with intervals."""

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import pandas as pd

from leukgan.classification import TRAINING_SETS
from leukgan.presentation.formatting import percent_with_interval
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.comparison_table import metric_notes
from leukgan.report.comparisons import Training, mean_over_splits, predictions_by_split
from leukgan.report.results import Run
from leukgan.report.splits import Split
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS, FURTHER

COLUMNS = (
    Column("Training set", "training_set"),
    SOURCE,
    *(
        Column(CLASSIFIER_METRICS[name].label, (name, f"{name}_low", f"{name}_high"), percent_with_interval)
        for name in FURTHER
    ),
    Column("Splits", "splits", wanted=lambda frame: bool((frame["splits"] > 1).any())),
)
NUMBERS = (
    *("protocol", "classifier", "title", "training_set", "splits"),
    *(f"{name}{end}" for name in FURTHER for end in ("", "_low", "_high")),
)


def further_table(run: Run) -> Table:
    """The further metrics of each classifier and training set on real test images, with their intervals."""
    rows: list[dict[str, Any]] = []
    for (classifier, title), training_set, splits in product(run.titles.items(), TRAINING_SETS, run.groups()):
        training = ("", classifier, training_set)
        if found := predictions_by_split(run, splits, training):
            row = {"protocol": splits[0].protocol, "splits": len(found), **_estimates(run, splits, training)}
            rows.append(row | {"classifier": classifier, "title": title, "training_set": training_set})

    return Table(
        name=f"further_metrics{run.suffix}",
        title=run.stamped(f"Further metrics on {run.test_images}, by training set"),
        frame=stamp_rows(pd.DataFrame(rows, columns=[*NUMBERS])),
        columns=COLUMNS,
        notes=(
            "Values times 100, with 95% intervals in brackets: for one split by the jackknife over test images (for "
            "AUROC, DeLong's), for several by the test that compares them, around the mean over splits.",
            *metric_notes(run),
        ),
    )


def _estimates(run: Run, splits: Sequence[Split], training: Training) -> dict[str, float]:
    """Each metric's mean over splits as columns, with the ends of its interval within the metric's range."""
    columns: dict[str, float] = {}
    for metric in FURTHER:
        found, _ = mean_over_splits(run, splits, metric, training)
        least = -1.0 if metric == "mcc" else 0.0
        low, high = (min(max(end, least), 1.0) if found.has_interval else math.nan for end in found.interval)
        columns |= found._replace(low=low, high=high).columns(metric)
    return columns
