"""Counts and ratios of a binary classification, as in the appendix of the study."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.functional.classification import binary_stat_scores


def confusion_counts(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> dict[str, int]:
    """True positives, false negatives, true negatives and false positives.

    Args:
        labels: (N,), 1 for the positive class and 0 for the negative.
        predicted: Of the same shape.
    """
    counts = binary_stat_scores(torch.from_numpy(predicted), torch.from_numpy(labels))
    tp, fp, tn, fn, _ = counts.tolist()
    return {"tp": tp, "fn": fn, "tn": tn, "fp": fp}


def ratios(*, tp: int, fn: int, tn: int, fp: int) -> dict[str, float]:
    """Accuracy, precision, recall, F1 and specificity of these counts; NaN where the denominator is zero.

    torchmetrics gives the same ratios in single precision, but 0 for a zero denominator: a classifier that never says
    "positive" would have precision 0, and a test set without negatives specificity 0, as if measured. F1 is taken from
    the counts: the study's formula wherever that has a value, and 0 where there are positives and none is found.
    """
    return {
        "accuracy": _ratio(tp + tn, tp + tn + fp + fn),
        "precision": _ratio(tp, tp + fp),
        "recall": _ratio(tp, tp + fn),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "specificity": _ratio(tn, tn + fp),
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
