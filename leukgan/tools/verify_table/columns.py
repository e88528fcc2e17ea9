"""What the columns of a published table may really be: other metrics than their headings say, truncated numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from leukgan.tools.verify_table.table import METRICS, ROUNDED, TRUNCATED, Cell

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
        """How a column's numbers are shortened."""
        return TRUNCATED if column in self.truncated else ROUNDED

    def metric(self, column: str) -> str:
        """The metric that a column is taken for."""
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
