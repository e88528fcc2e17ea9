"""The published tables: percentages as printed, the counts they decode to, and the three typing errors."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix

PAPER = "paper (ALL-IDB2)"


@dataclass(frozen=True)
class PublishedRow:
    """One row of the paper's Table 1 or 2.

    Attributes:
        counts: The one confusion matrix that fits the printed row.
        printed: Percentages by metric, as printed.
        wrong: The metric whose print does not fit the counts, or None.
        corrected: What the counts give for it, in percent.
    """

    counts: ConfusionMatrix
    printed: Mapping[str, float]
    wrong: str | None
    corrected: float | None


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
