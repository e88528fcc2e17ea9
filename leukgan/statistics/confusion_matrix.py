"""A confusion matrix, and the metrics that are ratios of its counts."""

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

METRICS = ("accuracy", "precision", "recall", "f1", "specificity")  # of the paper's appendix

# Numerator and denominator from tp, fn, tn and fp, numbers or arrays. F1 is 0 where there are positives and none is
# found; the paper's formula has no value there.
RATIOS: dict[str, Callable[[Any, Any, Any, Any], tuple[Any, Any]]] = {
    "accuracy": lambda tp, fn, tn, fp: (tp + tn, tp + fn + tn + fp),
    "precision": lambda tp, fn, tn, fp: (tp, tp + fp),
    "recall": lambda tp, fn, tn, fp: (tp, tp + fn),
    "f1": lambda tp, fn, tn, fp: (2 * tp, 2 * tp + fp + fn),
    "specificity": lambda tp, fn, tn, fp: (tn, tn + fp),
    "npv": lambda tp, fn, tn, fp: (tn, tn + fn),
}


@dataclass(frozen=True)
class ConfusionMatrix:
    """Test images by label and prediction; positive is class 1."""

    tp: int
    fn: int
    tn: int
    fp: int

    @classmethod
    def from_predictions(cls, labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> "ConfusionMatrix":
        """The matrix of labels (N,) and predictions (N,), both 0 or 1."""
        tn, fp, fn, tp = np.bincount(2 * labels + predicted, minlength=4).tolist()
        return cls(tp=tp, fn=fn, tn=tn, fp=fp)

    @property
    def n(self) -> int:
        return self.tp + self.fn + self.tn + self.fp

    @property
    def correct(self) -> int:
        return self.tp + self.tn

    def shares(self) -> dict[str, tuple[int, int]]:
        """The metrics of the appendix that are shares of images, as part and whole."""
        return {metric: RATIOS[metric](*astuple(self)) for metric in METRICS if metric != "f1"}

    def metrics(self) -> dict[str, float]:
        """The five metrics as fractions (appendix 8.2 of the paper); NaN if the formula divides by zero."""
        ratios = {metric: RATIOS[metric](*astuple(self)) for metric in METRICS}
        return {metric: part / whole if whole else math.nan for metric, (part, whole) in ratios.items()}
