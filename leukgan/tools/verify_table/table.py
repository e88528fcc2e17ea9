"""A published table as it is printed, the values that are printed like this, and what its columns may really be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

# Metrics whose fit is a strip in the plane of (tp, fp), and metrics that only break ties between matrices.
LINEAR = ("accuracy", "precision", "recall", "f1", "specificity", "npv")
TIE_BREAKERS = ("balanced_accuracy", "auc", "mcc", "kappa")
METRICS = (*LINEAR, *TIE_BREAKERS)
FEWEST_CELLS = 2  # one percentage leaves a matrix open, however much is known of the test set
TOLERANCE = 1e-11  # keeps a tie a tie in floating-point numbers
ROUNDED, TRUNCATED, EITHER = "rounded", "truncated", "either"

# Mistakes that are made with whole columns, as the metric that a heading really stands for.
MISTAKES: tuple[dict[str, str], ...] = (
    {},
    {"recall": "precision", "precision": "recall", "specificity": "npv", "npv": "specificity"},
    {"specificity": "npv", "npv": "specificity"},
    {"recall": "precision", "precision": "recall"},
    {"recall": "specificity", "specificity": "recall"},
    {"precision": "npv", "npv": "precision", "f1": "f1_negative"},
)
TITLES = {"precision": "PPV", "npv": "NPV", "f1": "F1", "f1_negative": "F1 of the negative class"}


@dataclass(frozen=True)
class Cell:
    """A printed number; its number of digits tells how it was rounded."""

    text: str  # as printed, with a point and without sign and spaces: 97.06 stands for 97.055 to 97.065
    of: int = 100  # what a whole is printed as: 100 in percent, 1 for a fraction
    rounding: str = ROUNDED  # how it was shortened: rounded, truncated (97.06: 97.06 to 97.07), or either of them
    spread: float = 0.0  # fraction by which its bounds are wider on both sides

    @property
    def value(self) -> float:
        return float(self.text)

    @property
    def digits(self) -> int:
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


@dataclass(frozen=True)
class Columns:
    """One way to read a table's columns."""

    meanings: tuple[tuple[str, str], ...]  # the metric that each printed column is taken for
    truncated: frozenset[str] = frozenset()  # columns whose numbers are cut off after their last digit, not rounded

    @property
    def departs(self) -> bool:
        """Whether it assumes anything: another metric than printed, or truncated numbers."""
        return bool(self.truncated) or any(printed != metric for printed, metric in self.meanings)

    @property
    def words(self) -> str:
        """What it assumes, 'as printed' for nothing."""
        parts = [f"{printed} is {TITLES.get(m, m)}" for printed, m in self.meanings if printed != m]
        if self.truncated:
            whole = len(self.truncated) == len(self.meanings)
            parts.append(f"{'all' if whole else ' '.join(sorted(self.truncated))} truncated")
        return ", ".join(parts) or "as printed"

    def cells(self, printed: Mapping[str, Cell], rounding: str | None = None) -> dict[str, Cell]:
        """A row's cells by the metric that they are taken for, shortened as this reading or `rounding` says."""
        meanings = dict(self.meanings)
        return {
            meanings[column]: replace(cell, rounding=rounding or self.rounding(column))
            for column, cell in printed.items()
        }

    def rounding(self, column: str) -> str:
        return TRUNCATED if column in self.truncated else ROUNDED

    def metric(self, column: str) -> str:
        return dict(self.meanings)[column]

    def truncations(self) -> list["Columns"]:
        """The same metrics with nothing, everything, and each single column truncated."""
        printed = [column for column, _ in self.meanings]
        patterns = dict.fromkeys([frozenset(), frozenset(printed), *(frozenset({column}) for column in printed)])
        return [replace(self, truncated=pattern) for pattern in patterns]


def as_printed(columns: Iterable[str]) -> Columns:
    """Every column is what its heading says, and rounded."""
    printed = set(columns)
    return Columns(tuple((column, column) for column in METRICS if column in printed))


def readings_of_columns(columns: Iterable[str]) -> list[Columns]:
    """As printed, and each mistake that these columns can show, all rounded.

    Recall and specificity exchanged only renames the classes, unless another column tells which one is positive.
    """
    plain = as_printed(columns)
    printed = {column for column, _ in plain.meanings}
    tells_class = printed & {"precision", "npv", "f1"} and printed & {"recall", "specificity"}
    found = []
    for mistake in MISTAKES:
        renames_classes = mistake.get("recall") == "specificity" or "f1" in mistake
        if renames_classes and not tells_class:
            continue
        found.append(Columns(tuple((column, mistake.get(column, column)) for column, _ in plain.meanings)))
    return list(dict.fromkeys(found))
