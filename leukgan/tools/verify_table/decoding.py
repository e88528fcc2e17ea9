"""The test set that explains most of a published table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leukgan.errors import InputError
from leukgan.tools.verify_table.fitting import Numbers, fits
from leukgan.tools.verify_table.readings import DecodedRow, fits_but_one, read_row
from leukgan.tools.verify_table.table import Table

LARGEST_MAX_N = 3000  # the number of test sets grows with its square, and so do time and memory


@dataclass(frozen=True)
class ClassSizes:
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
        return (self.positives, self.negatives) == (times * other.positives, times * other.negatives)


@dataclass(frozen=True)
class NextBest:
    """The smallest of the test sets that fit next best, and how many rows it makes exact."""

    sizes: ClassSizes
    exact: int


@dataclass(frozen=True)
class Decoding:
    """What a table's percentages tell.

    Attributes:
        rows: In the table's order.
        sizes: The smallest test set of those that fit best, None where none fits a single row.
        equals: All others that make as many rows exact and as many impossible, ordered by size.
        next_best: What comes after these by exact rows, None where nothing else was tried.
        largest: Images of the largest test set that was tried.
        n_is_known: Whether the table says n, so that no other was tried.
    """

    rows: tuple[DecodedRow, ...]
    sizes: ClassSizes | None
    equals: tuple[ClassSizes, ...]
    next_best: NextBest | None
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
    positives, negatives = all_sizes(table.n, max_n)

    def sizes_at(index: int) -> ClassSizes:
        return ClassSizes(int(positives[index]), int(negatives[index]))

    exact = np.array([fits(row.cells, positives, negatives) for row in table.rows])  # (rows, S)
    score = exact.sum(axis=0)
    best = np.flatnonzero(score == score.max())
    possible = exact[:, best] | [fits_but_one(row, positives[best], negatives[best]) for row in table.rows]
    explained = possible.sum(axis=0)
    best = best[explained == explained.max()]
    others = np.setdiff1d(np.arange(len(score)), best)
    next_best = others[np.argmax(score[others])] if others.size else None
    chosen = sizes_at(best[0]) if explained.max() > 0 else None
    return Decoding(
        rows=tuple(
            read_row(row, chosen.positives, chosen.negatives) if chosen else DecodedRow(row.name, ())
            for row in table.rows
        ),
        sizes=chosen,
        equals=tuple(map(sizes_at, best[1:])) if chosen else (),
        next_best=None if next_best is None else NextBest(sizes_at(next_best), int(score[next_best])),
        largest=int(positives[-1] + negatives[-1]),
        n_is_known=table.n is not None,
    )


def all_sizes(n: int | None, max_n: int) -> tuple[Numbers, Numbers]:
    """Positive and negative images (S,) of all test sets to try, the smallest first and then by positives."""
    totals = np.arange(2, max_n + 1) if n is None else np.array([n])
    total = np.repeat(totals, totals - 1)
    positives = np.concatenate([np.arange(1, each) for each in totals])
    return positives.astype(float), (total - positives).astype(float)
