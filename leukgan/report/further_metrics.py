"""The table of metrics that the paper does not have, with intervals."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from leukgan.classification import TRAINING_SETS
from leukgan.presentation.formatting import percent_with_interval
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.comparison_table import metric_notes
from leukgan.report.comparisons import Training, mean_over_splits
from leukgan.report.results import Run, select_splits
from leukgan.report.splits import Split
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS, FURTHER
from leukgan.statistics.intervals import Estimate

COLUMNS = (
    Column("Training set", "training_set"),
    SOURCE,
    *(
        Column(
            CLASSIFIER_METRICS[name].label,
            (name, f"{name}_low", f"{name}_high"),
            percent_with_interval,
        )
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
    scores = run.scores[run.scores["test_set"] == "real"]
    rows: list[dict[str, Any]] = []
    for splits in run.groups():
        for (classifier, training_set), ours in select_splits(scores, splits).groupby(["classifier", "training_set"]):
            names = {"classifier": classifier, "title": run.titles[str(classifier)], "training_set": training_set}
            row = {**names, "protocol": splits[0].protocol, "splits": len(ours)}
            for metric in FURTHER:
                row |= _estimate(run, splits, metric, ("", str(classifier), str(training_set))).columns(metric)
            rows.append(row)

    frame = stamp_rows(pd.DataFrame(rows, columns=[*NUMBERS]))
    ordered = frame.sort_values("training_set", key=lambda names: names.map(TRAINING_SETS.index), kind="stable")
    return Table(
        name=f"further_metrics{run.suffix}",
        title=run.stamped(f"Further metrics on {run.test_images}, by training set"),
        frame=run.by_classifier(ordered),
        columns=COLUMNS,
        notes=(
            "Values times 100, with 95% intervals in brackets: for one split by the jackknife over test images (for "
            "AUROC, DeLong's), for several by the test that compares them, around the mean over splits.",
            *metric_notes(run),
        ),
        numbers=frame[[*NUMBERS]],
    )


def _estimate(run: Run, splits: Sequence[Split], metric: str, training: Training) -> Estimate:
    """A metric's mean over splits, and the ends of its interval within the metric's range."""
    found, _ = mean_over_splits(run, splits, metric, training)
    least = -1.0 if metric == "mcc" else 0.0
    low, high = (min(max(end, least), 1.0) if found.has_interval else math.nan for end in found.interval)
    return found._replace(low=low, high=high)
