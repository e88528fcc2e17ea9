"""What the leak was worth: the same classifiers on the same test images, by GANs that had and had not seen them."""

from collections.abc import Iterator, Sequence
from itertools import product
from statistics import fmean
from typing import Any

import pandas as pd

from leukgan.presentation.formatting import interval, p_value, percent, points, quantity
from leukgan.presentation.tables import Column, Table
from leukgan.report.comparisons import mean_test, predictions_by_split, result_columns
from leukgan.report.results import Run
from leukgan.report.splits import Split
from leukgan.statistics.classifier_metrics import Predictions
from leukgan.statistics.paired_tests import holm

SETS = ("real+gen", "real+aug+gen")
NUMBERS = (
    *("classifier", "training_set", "splits", "clean", "leaky"),
    *("difference", "low", "high", "p", "p_holm"),
)
COLUMNS = (
    Column("Training set", "training_set"),
    Column("Accuracy, clean", "clean", percent),
    Column("Accuracy, LEAKY", "leaky", percent),
    Column("Difference (points)", "difference", points),
    Column("95% interval", ("low", "high"), interval),
    Column("p (Holm)", "p_holm", p_value),
)

Pair = tuple[Split, Split]  # a clean and a leaky split with the same test images


def leak_table(run: Run) -> Table | None:
    """Accuracy of each classifier and training set with generated images, clean and leaky; None without both."""
    pairs = list(_same_test_images(run))
    rows: list[dict[str, Any]] = []
    for (classifier, title), training_set in product(run.titles.items(), SETS):
        clean, leaky = (
            [tested for _, (tested,) in predictions_by_split(run, splits, ("", classifier, training_set))]
            for splits in ([pair[0] for pair in pairs], [pair[1] for pair in pairs])
        )
        if pairs and len(clean) == len(leaky) == len(pairs):
            found = mean_test(run, [split for split, _ in pairs], "accuracy", [*zip(leaky, clean, strict=True)])
            names = {"classifier": classifier, "title": title, "training_set": training_set, "splits": len(pairs)}
            shares = {"clean": _accuracy(clean), "leaky": _accuracy(leaky)}
            rows.append({**names, **shares, **result_columns(found), "look": "stamped"})

    if not rows:
        return None
    frame = pd.DataFrame(rows)
    frame["p_holm"] = holm(frame["p"].tolist())
    return Table(
        name="leak",
        title="What the leak was worth: accuracy by GANs that had seen the test images against GANs that had not",
        frame=frame,
        columns=COLUMNS,
        notes=(
            f"On the same test images, in {quantity(len(pairs), 'pair')} of splits. A difference above zero is no "
            "gain: it is what seeing the test images adds to the score. Tests as for the main comparison.",
        ),
        written=NUMBERS,
    )


def _same_test_images(run: Run) -> Iterator[Pair]:
    """The clean and leaky splits that were tested on the same images, each in one pair."""
    leaky = [split for split in run.splits if split.leaky]
    for clean in (split for split in run.splits if not split.stamp and run.tested(split)):
        twin = next((split for split in leaky if run.tested(split) == run.tested(clean)), None)
        if twin is not None:
            leaky.remove(twin)
            yield clean, twin


def _accuracy(tested: Sequence[Predictions]) -> float:
    return fmean(one.correct.mean() for one in tested)
