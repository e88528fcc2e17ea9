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

    def metrics(self) -> dict[str, float | None]:
        """Fractions by metric (appendix 8.2 of the paper), None where the formula divides by zero."""
        return {
            "accuracy": ratio(self.correct, self.n),
            "precision": ratio(self.tp, self.tp + self.fp),
            "recall": ratio(self.tp, self.tp + self.fn),
            "f1": ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn),
            "specificity": ratio(self.tn, self.tn + self.fp),
        }


def ratio(part: int, whole: int) -> float | None:
    """Part / whole, None where whole is zero."""
    return part / whole if whole else None
