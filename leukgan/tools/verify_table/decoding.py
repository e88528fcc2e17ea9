"""The test sets, and the ways to read the columns, that explain most of a published table; all matrices that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from leukgan.errors import InputError
from leukgan.tools.verify_table.chance import SAMPLED_SETS, at_least_one, chance_of_set, expected_fits
from leukgan.tools.verify_table.columns import Columns, as_printed, readings_of_columns
from leukgan.tools.verify_table.fitting import Numbers, fits, matrices
from leukgan.tools.verify_table.rows import (
    OWN_TEST_SET,
    ClassSizes,
    DecodedRow,
    Reading,
    all_but_one,
    decoded,
    exact_readings,
    exchanged_readings,
    is_settled,
    mark_exchanges,
    near_readings,
    one_wrong_readings,
)
from leukgan.tools.verify_table.table import EITHER, METRICS, Row, Table

ADVICE = "give a table of one class against the rest, or the confusion matrix"
LARGEST_MAX_N = 3000  # the number of test sets grows with its square, and so do time and memory
FEWEST_ROWS = 2  # exact rows by which another reading of the columns, or a shared test set, is believed
DOUBTFUL = 0.05  # a shared test set that chance gives more often than this is doubtful
LIKELY = 0.5  # the same, where it makes all rows exact
MOST_UNEXPLAINED = 3  # rows, with which cells exchanged between two rows are still looked for
PLAUSIBLE = 0.01  # test sets that could be a table's own fit its rows to within one point
MOST_SETS = 50  # test sets that fit equally well and are read row by row
MOST_MATRICES = 1000  # of one row on test sets of its own


@dataclass(frozen=True)
class Part:
    """Rows of one n, which share a test set as far as they can, under one reading of the columns.

    Attributes:
        names: Of the rows.
        exact: How many of them fit exactly on the best test set.
        possible: How many fit at least all but one cell on it.
        sizes: The smallest of the best test sets; None if none fits a single row.
        equals: All others that explain as many rows, ordered by size.
        next_best: The smallest of the test sets that fit next best by exact rows; None if nothing else was tried.
        next_exact: How many rows it makes exact.
        largest: Images of the largest test set that was tried.
        n_is_known: Whether the table says n, so that no other was tried.
        chance: How often chance alone makes as many rows exact on one of the test sets tried.
        all_exact_apart: Whether the table says n, and every row is exact on some test set, but not all on one.
    """

    names: tuple[str, ...]
    exact: int
    possible: int
    sizes: ClassSizes | None
    equals: tuple[ClassSizes, ...]
    next_best: ClassSizes | None
    next_exact: int
    largest: int
    n_is_known: bool
    chance: float
    all_exact_apart: bool

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


@dataclass(frozen=True)
class Explanation:
    """A way to read the columns, with the test sets that it leads to."""

    columns: Columns
    parts: tuple[Part, ...]

    @property
    def exact(self) -> int:
        """Rows that fit exactly."""
        return sum(part.exact for part in self.parts)


@dataclass(frozen=True)
class Decoding:
    """What a table's numbers tell.

    Attributes:
        rows: In the table's order, each with all that it can be.
        explanations: The readings of the columns that explain most rows, equally well; at least one.
        notes: Sentences on how the table was read.
    """

    rows: tuple[DecodedRow, ...]
    explanations: tuple[Explanation, ...]
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those of the first explanation."""
        return self.explanations[0].parts


def decode(table: Table, max_n: int) -> Decoding:
    """Find what explains most of a table, and list every matrix that each row can then be.

    Every test set of at least one positive and one negative image is tried; the best make most rows exact and, of
    these, fewest impossible. Unless all rows are exact as printed, the columns are also read as other metrics and as
    truncated; each such assumption has to make one row more exact. What explains equally many rows is all kept.

    Args:
        table: What is printed.
        max_n: Images of the largest test set to try, from 2 to 3000, where the table doesn't say n.

    Raises:
        InputError: max_n is out of range, or the rows are averages over classes.
    """
    if not 2 <= max_n <= LARGEST_MAX_N:
        raise InputError(f"max_n must be from 2 to {LARGEST_MAX_N}, got {max_n}.")
    table, notes = _without_auc_of_curve(table, max_n)
    searches = _searches(table, max_n)
    plain = as_printed(column for row in table.rows for column in row.cells)
    exact = sum(search.most_exact(plain) for search in searches)
    if exact < len(table.rows):
        _refuse_weighted_averages(table)

    # Other readings of the columns, if there is anything left to explain.
    ways = _best_ways(searches, plain)
    explanations = tuple(Explanation(way, tuple(search.part(way) for search in searches)) for way in ways)
    if 2 * max(explanation.exact for explanation in explanations) < len(table.rows):
        _refuse_other_averages(table)

    # Every matrix of each row, under each of them.
    readings: dict[str, list[Reading]] = {row.name: [] for row in table.rows}
    for explanation in explanations:
        for search, part in zip(searches, explanation.parts, strict=True):
            for row in search.rows:
                readings[row.name] += search.readings(row, explanation.columns, part)
    for search, part in zip(searches, explanations[0].parts, strict=True):
        for row in search.rows if len(search.rows) >= FEWEST_ROWS else ():
            if not part.shares_a_set or not is_settled(readings[row.name]):
                for way in dict.fromkeys([ways[0], plain]):
                    readings[row.name] += search.own_set_readings(row, way, part)
    rows = mark_exchanges([decoded(row.name, readings[row.name]) for row in table.rows])
    return Decoding(tuple(rows), explanations, (*table.notes, *notes))


class _Search:
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

    def reaching(self, columns: Columns, rounding: str | None, least: int, among: NDArray[np.intp]) -> NDArray[np.intp]:
        """The test sets among some that make at least so many rows exact."""
        missed = np.zeros(len(among), dtype=int)
        for row in self.rows:
            if not among.size:
                break
            missed = missed + ~fits(columns.cells(row.cells, rounding), self.positives[among], self.negatives[among])
            kept = missed <= len(self.rows) - least
            among, missed = among[kept], missed[kept]
        return among

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
        """A test set by its place."""
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
        rates = np.minimum(1.0, (others + 0.5) / (plausible + 1))
        return chance_of_set(rates.tolist(), int(score.max()), plausible)

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


def _searches(table: Table, max_n: int) -> list[_Search]:
    """One search for the rows of each n."""
    by_n: dict[int | None, list[Row]] = {}
    for row in table.rows:
        by_n.setdefault(row.n, []).append(row)
    return [_Search(rows, max_n) for rows in by_n.values()]


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


def _best_ways(searches: Sequence[_Search], plain: Columns) -> list[Columns]:
    """The readings of the columns that explain most rows, the one with most exact rows first.

    Another reading than the printed one has to make one row more exact; it need not where n is known and chance could
    have made the best one fit.
    """
    parts = [search.part(plain) for search in searches]
    exact = {plain: sum(part.exact for part in parts)}
    scores = {plain: float(exact[plain])}
    rows = sum(len(search.rows) for search in searches)
    is_weak = all(part.n_is_known for part in parts) and not all(part.stands_out for part in parts)
    settled = (
        is_settled(search.readings(row, plain, part))
        for search, part in zip(searches, parts, strict=True)
        for row in search.rows
    )
    if not is_weak and all(part.stands_out for part in parts) and all(settled):
        return [plain]

    allowance = 1 if is_weak else 0
    least = max(exact[plain] + 1 - allowance, min(FEWEST_ROWS, rows))
    for meaning in readings_of_columns(column for column, _ in plain.meanings):
        # Looser bounds than those of any truncation show which test sets can reach so many rows at all.
        enough = max(least - 1 if parts[0].n_is_known else least, 1) if len(searches) == 1 else 1
        every = (np.arange(len(search.positives)) for search in searches)
        open_sets = [s.reaching(meaning, EITHER, enough, among) for s, among in zip(searches, every, strict=True)]
        for way in meaning.truncations():
            if way != plain:
                reached = [_most_exact(*each, way) for each in zip(searches, open_sets, strict=True)]
                exact[way] = sum(most for most, _ in reached)
                scores[way] = sum(score for _, score in reached) - 1
    # Once the best one stands out, what explains nearly as much is no rival.
    best = max(scores.values())
    winner = min((way for way, score in scores.items() if score == best), key=lambda way: -exact[way])
    if winner != plain and all(search.part(winner).stands_out for search in searches):
        allowance = 0
    kept = [way for way, score in scores.items() if score >= best - allowance and (way == plain or score + 1 >= least)]
    return sorted(kept, key=lambda way: (-exact[way], way.departs))


def _most_exact(search: _Search, among: NDArray[np.intp], columns: Columns) -> tuple[int, int]:
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


def _without_auc_of_curve(table: Table, max_n: int) -> tuple[Table, tuple[str, ...]]:
    """The table without an AUC that is not the one of a single threshold, and a sentence that says so."""
    if not any("auc" in row.cells for row in table.rows):
        return table, ()
    without = replace(
        table,
        rows=tuple(replace(r, cells={c: cell for c, cell in r.cells.items() if c != "auc"}) for r in table.rows),
    )

    def most_exact(each: Table) -> int:
        columns = as_printed(METRICS)
        return sum(search.most_exact(columns) for search in _searches(each, max_n))

    if most_exact(table) >= max(most_exact(without), 1):
        return table, ()
    return without, ("The AUC is left out: it is that of a curve, as fewer rows fit with it as one threshold's.",)


def _refuse_weighted_averages(table: Table) -> None:
    """Refuse averages over classes weighted by their sizes: the average recall is the accuracy in every row."""

    def same(row: Row) -> bool:
        (low, high), (least, most) = row.cells["recall"].bounds, row.cells["accuracy"].bounds
        return low <= most and least <= high

    both = [row for row in table.rows if {"recall", "accuracy"} <= set(row.cells)]
    telling = [row for row in both if row.cells["accuracy"].value < row.cells["accuracy"].of]
    if len(telling) >= FEWEST_ROWS and all(map(same, telling)):
        raise InputError(
            f"recall equals accuracy in all {len(both)} rows that print both, as in averages over classes weighted by "
            f"their sizes, from which no matrix of two classes follows; {ADVICE}."
        )


def _refuse_other_averages(table: Table) -> None:
    """Refuse averages of several matrices: F1 of a single one lies between its precision and recall."""

    def outside(row: Row) -> bool:
        bounds = [row.cells[metric].bounds for metric in ("precision", "recall")]
        low, high = row.cells["f1"].bounds
        return high < min(b[0] for b in bounds) or low > max(b[1] for b in bounds)

    all_three = [row for row in table.rows if {"precision", "recall", "f1"} <= set(row.cells)]
    strange = sum(map(outside, all_three))
    if strange >= FEWEST_ROWS and 2 * strange > len(all_three):
        raise InputError(
            f"F1 lies outside of precision and recall in {strange} of {len(all_three)} rows, as only averages over "
            f"classes or repeats do, from which no matrix of two classes follows; {ADVICE}."
        )
