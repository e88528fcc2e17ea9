"""A published table as it is printed: percentages or fractions, and the values that are printed like this."""

from collections.abc import Mapping
from dataclasses import dataclass

# Metrics whose fit is a strip in the plane of (tp, fp), and metrics that only break ties between matrices.
LINEAR = ("accuracy", "precision", "recall", "f1", "specificity", "npv")
TIE_BREAKERS = ("balanced_accuracy", "auc", "mcc", "kappa")
METRICS = (*LINEAR, *TIE_BREAKERS)
FEWEST_CELLS = 2  # one percentage leaves a matrix open, however much is known of the test set
TOLERANCE = 1e-11  # keeps a tie a tie in floating-point numbers
ROUNDED, TRUNCATED, EITHER = "rounded", "truncated", "either"


@dataclass(frozen=True)
class Cell:
    """A printed number; its number of digits tells how it was rounded."""

    text: str  # as printed, with a point and without sign and spaces: 97.06 stands for 97.055 to 97.065
    of: int = 100  # what a whole is printed as: 100 in percent, 1 for a fraction
    rounding: str = ROUNDED  # how it was shortened: rounded, truncated (97.06: 97.06 to 97.07), or either of them
    spread: float = 0.0  # fraction by which its bounds are wider on both sides

    @property
    def value(self) -> float:
        """The number."""
        return float(self.text)

    @property
    def digits(self) -> int:
        """Digits behind the point."""
        return len(self.text.partition(".")[2])

    @property
    def unit(self) -> float:
        """A unit of the last digit, as a fraction."""
        return float(10**-self.digits) / self.of

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest fraction that fit.

        Rounded: half a unit of the last digit around it. A tie fits the numbers on both sides: rounding half up and
        half to even differ there, and a product of rounded floating-point numbers can fall on either side before it is
        rounded. Truncated: from itself to below the next number further from zero.
        """
        value, half = self.value / self.of, self.unit / 2
        low, high = value - half - TOLERANCE, value + half + TOLERANCE
        if self.rounding != ROUNDED:
            inner, outer = TOLERANCE, self.unit - TOLERANCE
            below, above = (inner, outer) if value >= 0 else (outer, inner)
            if self.rounding == TRUNCATED:
                low, high = value - below, value + above
            else:
                low, high = min(low, value - below), max(high, value + above)
        return low - self.spread, high + self.spread


@dataclass(frozen=True)
class Row:
    """A line of a table."""

    name: str
    cells: Mapping[str, Cell]  # its printed numbers by the metric that their column is named after
    n: int | None = None  # test images, None where the table doesn't say


@dataclass(frozen=True)
class Table:
    """Rows, each of its own name; those of equal n share a test set, as far as their numbers allow it."""

    rows: tuple[Row, ...]  # at least one
    notes: tuple[str, ...] = ()  # sentences on what was read otherwise than it is written
