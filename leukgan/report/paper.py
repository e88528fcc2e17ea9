"""The published tables: percentages as printed, the counts they decode to, and the three typing errors."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from leukgan.presentation.formatting import join_words
from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix
from leukgan.statistics.paired_tests import exact_mcnemar_p

PAPER = "paper (ALL-IDB2)"
NETWORK, NETWORK_TITLE = "vgg16", "VGG16, ImageNet weights"  # the paper's network, and what it would be called here


@dataclass(frozen=True)
class PublishedRow:
    """One row of the paper's Table 1 or 2."""

    counts: ConfusionMatrix  # the one that fits the printed row
    printed: Mapping[str, float]  # percentages by metric
    wrong: str | None  # the metric whose print does not fit the counts
    corrected: float | None  # its value by the counts, in percent


@cache
def published() -> dict[tuple[str, str, str], PublishedRow]:
    """All 18 rows by (test_set, classifier, training_set)."""
    text = files("leukgan.report").joinpath("paper.csv").read_text(encoding="utf-8")
    return {
        (row["test_set"], row["classifier"], row["training_set"]): PublishedRow(
            counts=ConfusionMatrix(int(row["tp"]), int(row["fn"]), int(row["tn"]), int(row["fp"])),
            printed={metric: float(row[metric]) for metric in METRICS},
            wrong=row["wrong"] or None,
            corrected=float(row["corrected"]) if row["wrong"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    }


def is_network_of_paper(classifier: str, title: str) -> bool:
    """Whether a classifier of this title is the one that the paper's rows are of."""
    return classifier != NETWORK or "imagenet" in title.lower()


def gains_note() -> str:
    """The paper's main comparison from its counts, in its most favourable pairing."""
    classifiers = dict.fromkeys(classifier for _, classifier, _ in published())
    rows = [[published()["real", c, s].counts for s in ("real+aug+gen", "real+aug")] for c in classifiers]
    gains = [first.correct - second.correct for first, second in rows]
    p = [f"{exact_mcnemar_p(gain, 0):.2g}" for gain in gains]
    return (
        f"{PAPER}, by its decoded counts: real+aug+gen gains {join_words([str(gain) for gain in gains])} of "
        f"{rows[0][0].n} images over real+aug for network, logistic regression and SVM; the most favourable pairing "
        f"gives p = {join_words(p)}."
    )
