"""Metrics of a classifier on weighted test images: one call gives the values of a test set and of all its resamples."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukgan.statistics.confusion_matrix import RATIOS

PRIMARY = "accuracy"  # unless metrics.primary names another
SPECIFICITY = 0.95  # at which sensitivity is told, unless metrics.specificity names another
BLOCK = 2**22  # weights that are held at once

Numbers = NDArray[np.float64]


class Metric(NamedTuple):
    """A metric's name in tables and within a sentence, and whether smaller values are better."""

    label: str
    phrase: str
    lower_is_better: bool = False


CLASSIFIER_METRICS = {  # the five of the paper's appendix, then the others
    "accuracy": Metric("Accuracy", "accuracy"),
    "precision": Metric("Precision (PPV)", "precision"),
    "recall": Metric("Recall (sensitivity)", "recall"),
    "f1": Metric("F1", "F1"),
    "specificity": Metric("Specificity", "specificity"),
    "npv": Metric("NPV", "negative predictive value"),
    "balanced_accuracy": Metric("Balanced accuracy", "balanced accuracy"),
    "mcc": Metric("MCC", "Matthews' correlation coefficient"),
    "auroc": Metric("AUROC", "AUROC"),
    "average_precision": Metric("Average precision", "average precision"),
    "sensitivity_at_specificity": Metric("Sensitivity at fixed specificity", "sensitivity at the fixed specificity"),
    "brier": Metric("Brier score (less is better)", "Brier score", lower_is_better=True),
}
FURTHER = tuple(CLASSIFIER_METRICS)[5:]  # those that the paper does not have


@dataclass(frozen=True)
class Predictions:
    """A classifier's predictions of N test images."""

    labels: NDArray[np.int64]  # the truth (N,), 0 or 1; positive is 1
    predicted: NDArray[np.int64]  # class (N,), 0 or 1
    scores: Numbers  # scores (N,), higher for the positive class
    probabilities: Numbers  # probabilities (N,) of the positive class; NaN if the classifier gives none

    @property
    def correct(self) -> Numbers:
        """Whether each image was classified correctly (N,), 1 or 0."""
        return (self.predicted == self.labels).astype(np.float64)


def metric_values(
    metric: str, predictions: Predictions, weights: Numbers | None = None, *, specificity: float = SPECIFICITY
) -> Numbers:
    """A metric under each row of weights (R, N), such as each image's number in a resample: (R,).

    Without weights, which are from 0, the test set's own value, (1,). Values are scikit-learn's; NaN where a formula
    divides by zero or a class is missing, except that MCC is 0 if all images are predicted alike. The metric
    `sensitivity_at_specificity` is the highest sensitivity of any threshold on the scores of these images with at least
    this specificity.
    """
    if weights is None:
        weights = np.ones((1, len(predictions.labels)))
    rows = max(1, BLOCK // weights.shape[1])
    blocks = (weights[start : start + rows] for start in range(0, len(weights), rows))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate([_values(metric, predictions, block, specificity) for block in blocks])


def _values(metric: str, predictions: Predictions, weights: Numbers, specificity: float) -> Numbers:
    positive, found = predictions.labels == 1, predictions.predicted == 1
    if metric == "brier":
        return weights @ (predictions.probabilities - predictions.labels) ** 2 / weights.sum(1)
    if metric in ("auroc", "average_precision", "sensitivity_at_specificity"):
        return _curve_value(metric, predictions.scores, positive, weights, specificity)

    tp, fn = weights @ (positive & found), weights @ (positive & ~found)  # (R,)
    tn, fp = weights @ (~positive & ~found), weights @ (~positive & found)
    if metric == "balanced_accuracy":
        return (tp / (tp + fn) + tn / (tn + fp)) / 2
    if metric == "mcc":
        alike = (tp + fp == 0) | (tn + fn == 0)
        both = (tp + fn > 0) & (tn + fp > 0)
        value = (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        return np.where(both, np.where(alike, 0.0, value), np.nan)
    part, whole = RATIOS[metric](tp, fn, tn, fp)
    return part / whole


def _curve_value(
    metric: str, scores: Numbers, positive: NDArray[np.bool_], weights: Numbers, specificity: float
) -> Numbers:
    """A metric of the ROC or precision-recall curve, (R,)."""
    true, false = _curve_counts(scores, positive, weights)
    sensitivity, false_rate = true / true[:, -1:], false / false[:, -1:]
    if metric == "auroc":
        value = np.trapezoid(sensitivity, false_rate, axis=1)
    elif metric == "average_precision":
        precision = np.where(true[:, 1:] > 0, true[:, 1:] / (true[:, 1:] + false[:, 1:]), 0.0)
        value = (np.diff(sensitivity, axis=1) * precision).sum(1)
    else:
        allowed = 1 - false_rate >= specificity - 1e-9
        value = np.where(allowed, sensitivity, 0.0).max(1)
    return np.where((true[:, -1] > 0) & (false[:, -1] > 0), value, np.nan)


def _curve_counts(scores: Numbers, positive: NDArray[np.bool_], weights: Numbers) -> tuple[Numbers, Numbers]:
    """Weights of true and of false positives at each threshold from the highest down, from none on: (R, T + 1)."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # of equal scores: one threshold
    counts = []
    for members in (positive, ~positive):
        summed = np.cumsum(weights[:, order] * members[order], axis=1)[:, last]
        counts.append(np.concatenate([np.zeros((len(weights), 1)), summed], axis=1))
    return counts[0], counts[1]


def roc_curve(predictions: Predictions) -> tuple[Numbers, Numbers]:
    """False-positive rate and sensitivity (T + 1,) at each threshold, from 0 to 1; NaN if a class is missing."""
    true, false = _curve_counts(predictions.scores, predictions.labels == 1, np.ones((1, len(predictions.labels))))
    with np.errstate(invalid="ignore"):
        return (false / false[:, -1:])[0], (true / true[:, -1:])[0]
