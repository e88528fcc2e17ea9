"""A confusion matrix and the five metrics of the paper's appendix."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

METRICS = ("accuracy", "precision", "recall", "f1", "specificity")


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
        """All test images."""
        return self.tp + self.fn + self.tn + self.fp

    @property
    def correct(self) -> int:
        """Test images that were classified correctly."""
        return self.tp + self.tn

    def shares(self) -> dict[str, tuple[int, int]]:
        """The metrics that are shares of images, as part and whole."""
        return {
            "accuracy": (self.correct, self.n),
            "precision": (self.tp, self.tp + self.fp),
            "recall": (self.tp, self.tp + self.fn),
            "specificity": (self.tn, self.tn + self.fp),
        }

    def metrics(self) -> dict[str, float]:
        """The five metrics as fractions (appendix 8.2 of the paper); NaN if the formula divides by zero."""
        # From the counts, F1 is 0 where there are positives and none is found; the paper's formula has no value there.
        shares = self.shares() | {"f1": (2 * self.tp, 2 * self.tp + self.fp + self.fn)}
        ratios = {metric: part / whole if whole else math.nan for metric, (part, whole) in shares.items()}
        return {metric: ratios[metric] for metric in METRICS}
