"""The table of metrics that the paper does not have, with intervals."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from leukgan.classification import TRAINING_SETS
from leukgan.presentation.formatting import interval, percent
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.comparison_table import metric_notes
from leukgan.report.comparisons import metric_test, predictions_of
from leukgan.report.results import Run, select_splits
from leukgan.report.splits import Split
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS, FURTHER

COLUMNS = (
    Column("Training set", "training_set"),
    SOURCE,
    *(
        Column(
            CLASSIFIER_METRICS[name].label,
            (name, f"{name}_low", f"{name}_high"),
            lambda value, low, high: (
                percent(value) + ("" if math.isnan(low) else f" ({interval(low, high, form=percent)})")
            ),
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
            rows.append(
                {**names, "protocol": splits[0].protocol, "splits": len(ours)}
                | {
                    f"{metric}{end}": number
                    for metric in FURTHER
                    for end, number in zip(("", "_low", "_high"), _estimate(run, splits, metric, ours), strict=True)
                }
            )

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


def _estimate(run: Run, splits: Sequence[Split], metric: str, scores: pd.DataFrame) -> tuple[float, float, float]:
    """A metric's mean over the splits of its scores, and the ends of its interval within the metric's range."""
    scored = [split for split in splits if split.name in set(scores["folder"])]
    first, values = scores.iloc[0], scores.set_index("folder")[metric]
    if values.isna().any():
        return math.nan, math.nan, math.nan
    training = ("", first["classifier"], first["training_set"])
    tested = [[predictions_of(run, split, training)] for split in scored]
    found = metric_test(run, scored, metric, [float(values[split.name]) for split in scored], tested)
    least = -1.0 if metric == "mcc" else 0.0
    low, high = (min(max(end, least), 1.0) if found.has_interval else math.nan for end in found.interval)
    return found.value, low, high
