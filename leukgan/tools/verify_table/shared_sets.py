"""Test sets that the rows of one n may share: how many rows each makes exact, and what the best are worth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from leukgan.tools.verify_table.fitting import SAMPLED_SETS, Numbers, at_least_one, expected_fits, fits, matrices
from leukgan.tools.verify_table.rows import (
    OWN_TEST_SET,
    ClassSizes,
    Reading,
    all_but_one,
    exact_readings,
    exchanged_readings,
    is_settled,
    near_readings,
    one_wrong_readings,
)
from leukgan.tools.verify_table.table import EITHER, Columns, Row, Table

FEWEST_ROWS = 2  # exact rows by which another reading of the columns, or a shared test set, is believed
DOUBTFUL = 0.05  # a shared test set that chance gives more often than this is doubtful
LIKELY = 0.5  # the same, where it makes all rows exact
MOST_UNEXPLAINED = 3  # rows, with which cells exchanged between two rows are still looked for
PLAUSIBLE = 0.01  # test sets that could be a table's own fit its rows to within one point
MOST_SETS = 50  # test sets that fit equally well and are read row by row
MOST_MATRICES = 1000  # of one row on test sets of its own


@dataclass(frozen=True)
class Part:
    """Rows of one n, which share a test set as far as they can, under one reading of the columns."""

    names: tuple[str, ...]  # of the rows
    exact: int  # how many of them fit exactly on the best test set
    possible: int  # how many fit at least all but one cell on it
    sizes: ClassSizes | None  # the smallest of the best test sets; None if none fits a single row
    equals: tuple[ClassSizes, ...]  # all others that explain as many rows, ordered by size
    next_best: ClassSizes | None  # the smallest of the test sets that fit next best; None: no other was tried
    next_exact: int  # how many rows it makes exact
    largest: int  # images of the largest test set that was tried
    n_is_known: bool  # whether the table says n, so that no other was tried
    chance: float  # how often chance alone makes as many rows exact on one of the test sets tried
    all_exact_apart: bool  # whether the table says n, and every row is exact on some test set, but not all on one

    @property
    def is_supported(self) -> bool:
        """Whether its best test set is more than chance; if it makes all rows exact, less is asked of it."""
        return self.chance <= (LIKELY if self.exact == len(self.names) else DOUBTFUL)

    @property
    def stands_out(self) -> bool:
        """Whether its best test set is more than chance, and clearly better than the next."""
        return self.is_supported and (4 * self.next_exact <= 3 * self.exact or len(self.names) < FEWEST_ROWS)

    @property
    def shares_a_set(self) -> bool:
        """Whether the rows support one test set for all, rather than one for each."""
        if len(self.names) < FEWEST_ROWS:
            return True
        return 2 * self.exact >= len(self.names) and self.is_supported and not self.all_exact_apart

    @property
    def different_sets(self) -> tuple[ClassSizes, ...]:
        """The best test sets, those left out that only repeat a smaller one."""
        found: list[ClassSizes] = []
        for sizes in [self.sizes, *self.equals] if self.sizes else []:
            if len(found) <= MOST_SETS and not any(sizes.is_multiple_of(smaller) for smaller in found):
                found.append(sizes)
        return tuple(found)


class Search:
    """The rows of one n, and all test sets that they may share."""

    def __init__(self, rows: Sequence[Row], max_n: int) -> None:
        self.rows = tuple(rows)
        self.n = rows[0].n
        self.positives, self.negatives = _all_sizes(self.n, max_n)
        self._exact: dict[Columns, NDArray[np.bool_]] = {}

    def exact(self, columns: Columns) -> NDArray[np.bool_]:
        """For each row and test set whether any matrix fits all cells, (rows, S)."""
        if columns not in self._exact:
            cells = [columns.cells(row.cells) for row in self.rows]
            self._exact[columns] = np.array([fits(each, self.positives, self.negatives) for each in cells])
        return self._exact[columns]

    def most_exact(self, columns: Columns) -> int:
        """The most rows that one test set makes exact."""
        return int(self.exact(columns).sum(axis=0).max())

    def reachable(self, columns: Columns, least: int) -> NDArray[np.intp]:
        """The test sets that make at least so many rows exact where numbers may be rounded or truncated."""
        left, missed = np.arange(len(self.positives)), np.zeros(len(self.positives), dtype=int)
        for row in self.rows:
            missed = missed + ~fits(columns.cells(row.cells, EITHER), self.positives[left], self.negatives[left])
            kept = missed <= len(self.rows) - least
            left, missed = left[kept], missed[kept]
        return left

    def part(self, columns: Columns) -> Part:
        """The best test sets under a reading of the columns."""
        exact = self.exact(columns)
        score = exact.sum(axis=0)
        best = np.flatnonzero(score == score.max())
        positives, negatives = self.positives[best], self.negatives[best]
        possible = exact[:, best] | [_fits_but_one(row, columns, positives, negatives) for row in self.rows]
        explained = possible.sum(axis=0)
        best = best[explained == explained.max()]

        others = np.setdiff1d(np.arange(len(score)), best)
        after = others[np.argmax(score[others])] if others.size else None
        chosen = self.sizes_at(best[0]) if explained.max() > 0 else None
        return Part(
            names=tuple(row.name for row in self.rows),
            exact=int(score.max()),
            possible=int(explained.max()),
            sizes=chosen,
            equals=tuple(map(self.sizes_at, best[1:])) if chosen else (),
            next_best=None if after is None else self.sizes_at(after),
            next_exact=0 if after is None else int(score[after]),
            largest=int(self.positives[-1] + self.negatives[-1]),
            n_is_known=self.n is not None,
            chance=self._chance(columns, exact),
            all_exact_apart=self.n is not None and score.max() < len(exact) and bool(exact.any(axis=1).all()),
        )

    def sizes_at(self, index: np.intp) -> ClassSizes:
        return ClassSizes(int(self.positives[index]), int(self.negatives[index]))

    def _chance(self, columns: Columns, exact: NDArray[np.bool_]) -> float:
        """How often chance alone makes as many rows exact on one test set as the best one does.

        A row's rate is its share of the plausible test sets that make it exact and are not the best.
        """
        score = exact.sum(axis=0)
        if score.max() == 0:
            return 1.0

        # Plausible test sets fit most rows nearly; of many, a regular sample is looked at.
        total = len(self.positives)
        sample = np.linspace(0, total - 1, min(total, 3 * SAMPLED_SETS)).astype(int)
        positives, negatives = self.positives[sample], self.negatives[sample]
        near = np.zeros(len(sample), dtype=int)
        for row in self.rows:
            cells = {metric: replace(cell, spread=PLAUSIBLE) for metric, cell in columns.cells(row.cells).items()}
            near += fits(cells, positives, negatives)
        plausible = max(1.0, float((2 * near > len(self.rows)).mean()) * total)

        others = exact[:, score < score.max()].sum(axis=1)
        counts = np.array([1.0])  # the distribution of the number of exact rows on one test set
        for rate in np.minimum(1.0, (others + 0.5) / (plausible + 1)):
            counts = np.convolve(counts, [1 - rate, rate])
        return at_least_one(plausible * float(counts[int(score.max()) :].sum()))

    def readings(self, row: Row, columns: Columns, part: Part) -> list[Reading]:
        """All that a row can be on the best test sets."""
        found: list[Reading] = []
        for sizes in part.different_sets[:MOST_SETS]:
            here = exact_readings(row, columns, sizes) or one_wrong_readings(row, columns, sizes)
            if not is_settled(here) and part.exact >= FEWEST_ROWS:
                here += exchanged_readings(row, columns, sizes)
                here += near_readings(row, columns, sizes)
            found += here
        return found

    def own_set_readings(self, row: Row, columns: Columns, part: Part) -> list[Reading]:
        """The matrices that fit a row exactly on other test sets than the part's best, the smallest first."""
        places = np.flatnonzero(self.exact(columns)[self.rows.index(row)])
        cells = columns.cells(row.cells)
        chance = at_least_one(expected_fits(cells, self.positives, self.negatives))
        known = set(part.different_sets)
        seen: list[ClassSizes] = []
        found: list[Reading] = []
        for sizes in map(self.sizes_at, places):
            if len(found) >= MOST_MATRICES or (self.n is None and len(seen) >= MOST_SETS):
                break
            if sizes in known or any(sizes.is_multiple_of(smaller) for smaller in seen):
                continue
            seen.append(sizes)
            found += [Reading(counts, OWN_TEST_SET, columns, chance=chance) for counts in matrices(cells, *sizes)]
        return found


def searches_of(table: Table, max_n: int) -> list[Search]:
    """One search for the rows of each n."""
    by_n: dict[int | None, list[Row]] = {}
    for row in table.rows:
        by_n.setdefault(row.n, []).append(row)
    return [Search(rows, max_n) for rows in by_n.values()]


def _all_sizes(n: int | None, max_n: int) -> tuple[Numbers, Numbers]:
    """Positive and negative images (S,) of all test sets to try, the smallest first and then by positives."""
    totals = np.arange(2, max_n + 1) if n is None else np.array([n])
    total = np.repeat(totals, totals - 1)
    positives = np.concatenate([np.arange(1, each) for each in totals])
    return positives.astype(float), (total - positives).astype(float)


def _fits_but_one(row: Row, columns: Columns, positives: Numbers, negatives: Numbers) -> NDArray[np.bool_]:
    """For each test set (S,) whether any confusion matrix fits all cells of a row but one."""
    found = np.zeros(len(positives), dtype=bool)
    for _, rest in all_but_one(row.cells):
        left = np.flatnonzero(~found)
        found[left] = fits(columns.cells(rest), positives[left], negatives[left])
    return found


def most_exact(search: Search, among: NDArray[np.intp], columns: Columns) -> tuple[int, int]:
    """The most rows that one of some test sets makes exact, and the same with two rows counting one if they are exact
    once a cell is exchanged between them.
    """
    if not among.size:
        return 0, 0
    positives, negatives = search.positives[among], search.negatives[among]
    cells = [columns.cells(row.cells) for row in search.rows]
    exact = np.array([fits(each, positives, negatives) for each in cells])
    score = exact.sum(axis=0)
    most = int(score.max())
    if search.n is None or most + MOST_UNEXPLAINED < len(cells):
        return most, most

    # On the test sets that an exchange could lift above the best.
    top = np.flatnonzero(score == most)
    for first, second in combinations(range(len(cells)), 2):
        open_ = top[~exact[first, top] & ~exact[second, top]]
        for metric in set(cells[first]) & set(cells[second]) if open_.size else ():
            one, other = cells[first] | {metric: cells[second][metric]}, cells[second] | {metric: cells[first][metric]}
            left = open_[fits(one, positives[open_], negatives[open_])]
            if left.size and fits(other, positives[left], negatives[left]).any():
                return most, most + 1
    return most, most
