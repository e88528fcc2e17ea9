"""A confusion matrix and the five metrics of the paper's appendix."""

from __future__ import annotations

from dataclasses import dataclass

METRICS = ("accuracy", "precision", "recall", "f1", "specificity")


@dataclass(frozen=True)
class Counts:
    """Test images by label and prediction; positive is class 1."""

    tp: int
    fn: int
    tn: int
    fp: int

    @property
    def n(self) -> int:
        """All test images."""
        return self.tp + self.fn + self.tn + self.fp

    @property
    def correct(self) -> int:
        """Test images that were classified rightly."""
        return self.tp + self.tn

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fn + other.fn, self.tn + other.tn, self.fp + other.fp)

    def shares(self) -> dict[str, tuple[int, int]]:
        """The metrics that are shares of images, as part and whole."""
        return {
            "accuracy": (self.correct, self.n),
            "precision": (self.tp, self.tp + self.fp),
            "recall": (self.tp, self.tp + self.fn),
            "specificity": (self.tn, self.tn + self.fp),
        }

    def metrics(self) -> dict[str, float | None]:
        """Fractions by metric (appendix 8.2 of the paper), None where the formula divides by zero."""
        shares = self.shares() | {"f1": (2 * self.tp, 2 * self.tp + self.fp + self.fn)}
        return {metric: ratio(*shares[metric]) for metric in METRICS}


def ratio(part: int, whole: int) -> float | None:
    """Part / whole, None where whole is zero."""
    return part / whole if whole else None
