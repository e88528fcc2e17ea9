"""The test set that explains most of a published table, and what each row is on it: matrices, or a wrong cell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukgan.errors import InputError
from leukgan.statistics.confusion_matrix import ConfusionMatrix
from leukgan.tools.verify_table.fitting import Numbers, fits, matrices
from leukgan.tools.verify_table.table import FEWEST_CELLS, Cell, Row, Table

LARGEST_MAX_N = 3000  # the number of test sets grows with its square, and so do time and memory
EXACT, ONE_WRONG_CELL, IMPOSSIBLE = "exact", "one_wrong_cell", "impossible"


class ClassSizes(NamedTuple):
    """A test set: how many images of each class it has."""

    positives: int
    negatives: int

    @property
    def n(self) -> int:
        """All images."""
        return self.positives + self.negatives

    def is_multiple_of(self, other: ClassSizes) -> bool:
        """Whether each class is the same whole number of times as large."""
        times = self.n // other.n
        return self == (times * other.positives, times * other.negatives)


@dataclass(frozen=True)
class Reading:
    """A confusion matrix that fits a row, or all of it but one cell.

    Attributes:
        counts: The matrix.
        wrong: The metric whose cell doesn't fit, or None.
        printed: That cell, as printed.
        corrected: What the counts give for it, with as many digits.
        slip: The single typing error that explains it, in words, or None.
    """

    counts: ConfusionMatrix
    wrong: str | None = None
    printed: str | None = None
    corrected: str | None = None
    slip: str | None = None


@dataclass(frozen=True)
class DecodedRow:
    """All that a row can be on the table's test set.

    Attributes:
        name: The row's.
        readings: All that fit, or else the likeliest that fit all cells but one; none for an impossible row.
        unlikely: How many more would fit all cells but one, and take more than a single typing error.
    """

    name: str
    readings: tuple[Reading, ...]
    unlikely: int = 0

    @property
    def verdict(self) -> str:
        """exact, one_wrong_cell or impossible."""
        if not self.readings:
            return IMPOSSIBLE
        return EXACT if self.readings[0].wrong is None else ONE_WRONG_CELL


@dataclass(frozen=True)
class Decoding:
    """What a table's percentages tell.

    Attributes:
        rows: In the table's order.
        sizes: The smallest test set of those that fit best, None where none fits a single row.
        equals: All others that make as many rows exact and as many impossible, ordered by size.
        next_best: The smallest of the test sets that fit next best by exact rows, None where nothing else was tried.
        next_exact: How many rows it makes exact.
        largest: Images of the largest test set that was tried.
        n_is_known: Whether the table says n, so that no other was tried.
    """

    rows: tuple[DecodedRow, ...]
    sizes: ClassSizes | None
    equals: tuple[ClassSizes, ...]
    next_best: ClassSizes | None
    next_exact: int
    largest: int
    n_is_known: bool


def decode(table: Table, max_n: int) -> Decoding:
    """Find the test set that makes most rows exact and, of these, fewest impossible; read all rows on it.

    Every test set of at least one positive and one negative image is tried. Of those that fit equally well the smallest
    is taken, and of its size the one with fewest positives.

    Args:
        table: What is printed.
        max_n: Images of the largest test set to try, from 2 to 3000, where the table doesn't say n.

    Raises:
        InputError: max_n is out of range.
    """
    if not 2 <= max_n <= LARGEST_MAX_N:
        raise InputError(f"max_n must be from 2 to {LARGEST_MAX_N}, got {max_n}.")
    positives, negatives = _all_sizes(table.n, max_n)

    def sizes_at(index: int) -> ClassSizes:
        return ClassSizes(int(positives[index]), int(negatives[index]))

    # The sets with most exact rows; of these, the ones with fewest impossible rows.
    exact = np.array([fits(row.cells, positives, negatives) for row in table.rows])  # (rows, S)
    score = exact.sum(axis=0)
    best = np.flatnonzero(score == score.max())
    possible = exact[:, best] | [_fits_but_one(row, positives[best], negatives[best]) for row in table.rows]
    explained = possible.sum(axis=0)
    best = best[explained == explained.max()]

    others = np.setdiff1d(np.arange(len(score)), best)
    after = others[np.argmax(score[others])] if others.size else None
    chosen = sizes_at(best[0]) if explained.max() > 0 else None
    return Decoding(
        rows=tuple(read_row(row, chosen) if chosen else DecodedRow(row.name, ()) for row in table.rows),
        sizes=chosen,
        equals=tuple(map(sizes_at, best[1:])) if chosen else (),
        next_best=None if after is None else sizes_at(after),
        next_exact=0 if after is None else int(score[after]),
        largest=sizes_at(-1).n,
        n_is_known=table.n is not None,
    )


def _all_sizes(n: int | None, max_n: int) -> tuple[Numbers, Numbers]:
    """Positive and negative images (S,) of all test sets to try, the smallest first and then by positives."""
    totals = np.arange(2, max_n + 1) if n is None else np.array([n])
    total = np.repeat(totals, totals - 1)
    positives = np.concatenate([np.arange(1, each) for each in totals])
    return positives.astype(float), (total - positives).astype(float)


def read_row(row: Row, sizes: ClassSizes) -> DecodedRow:
    """All that a row can be on a test set.

    With several cells that could be the wrong one, those count that a single typing error explains, if there are any.
    """
    exact = [Reading(counts) for counts in matrices(row.cells, *sizes)]
    if exact:
        return DecodedRow(row.name, tuple(exact))

    readings = []
    for wrong, rest in _all_but_one(row):
        printed = row.cells[wrong]
        for counts in matrices(rest, *sizes):
            meant = _print_alike(counts.metrics()[wrong], printed)
            readings.append(Reading(counts, wrong, printed.text, meant, slip(printed.text, meant)))
    likely = [reading for reading in readings if reading.slip] or readings
    return DecodedRow(row.name, tuple(likely), len(readings) - len(likely))


def _fits_but_one(row: Row, positives: Numbers, negatives: Numbers) -> NDArray[np.bool_]:
    """For each test set (S,) whether any confusion matrix fits all cells of a row but one."""
    found = np.zeros(len(positives), dtype=bool)
    for _, rest in _all_but_one(row):
        left = np.flatnonzero(~found)
        found[left] = fits(rest, positives[left], negatives[left])
    return found


def _all_but_one(row: Row) -> list[tuple[str, dict[str, Cell]]]:
    """Each metric with the cells of the others; nothing where the others would be too few to tell a matrix."""
    cells = row.cells if len(row.cells) > FEWEST_CELLS else {}
    return [(left_out, {metric: cell for metric, cell in cells.items() if metric != left_out}) for left_out in cells]


def _print_alike(fraction: float, cell: Cell) -> str:
    """A fraction printed with the cell's digits, 'undefined' for none."""
    return "undefined" if math.isnan(fraction) else f"{100 * fraction:.{cell.digits}f}"


def slip(printed: str, meant: str) -> str | None:
    """The slip of the hand that makes `printed` of `meant`, in words, None where it takes more than one.

    Args:
        printed: A number.
        meant: Another one with as many digits behind the point, or 'undefined'.
    """
    wrong, right = printed.replace(".", ""), meant.replace(".", "")
    if len(wrong) == len(right):
        places = [place for place in range(len(wrong)) if wrong[place] != right[place]]
        if len(places) == 1:
            return "one digit"
        first, last = (places[0], places[-1]) if places else (0, 0)
        if last == first + 1 and wrong[first : last + 1] == right[last] + right[first]:
            return "two digits swapped"
    if wrong in _one_shorter(right):
        return "one digit lost"
    return "one digit too many" if right in _one_shorter(wrong) else None


def _one_shorter(text: str) -> set[str]:
    return {text[:place] + text[place + 1 :] for place in range(len(text))}
