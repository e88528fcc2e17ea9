"""The test sets, and the ways to read the columns, that explain most of a published table; all matrices that follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from leukgan.errors import InputError
from leukgan.tools.verify_table.rows import DecodedRow, Reading, decoded, is_settled, mark_exchanges
from leukgan.tools.verify_table.shared_sets import FEWEST_ROWS, Part, Search, most_exact, searches_of
from leukgan.tools.verify_table.table import METRICS, Columns, Row, Table, as_printed, readings_of_columns

LARGEST_MAX_N = 3000  # the number of test sets grows with its square, and so do time and memory
NO_AVERAGES = (
    "from which no matrix of two classes follows; give a table of one class against the rest, or the confusion matrix."
)


@dataclass(frozen=True)
class Explanation:
    """A way to read the columns, with the test sets that it leads to."""

    columns: Columns
    parts: tuple[Part, ...]

    @property
    def exact(self) -> int:
        return sum(part.exact for part in self.parts)


@dataclass(frozen=True)
class Decoding:
    """What a table's numbers tell."""

    rows: tuple[DecodedRow, ...]  # in the table's order, each with all that it can be
    explanations: tuple[Explanation, ...]  # readings of the columns that explain most rows, equally well; at least one
    notes: tuple[str, ...] = ()  # sentences on how the table was read

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those of the first explanation."""
        return self.explanations[0].parts


def decode(table: Table, max_n: int) -> Decoding:
    """Find what explains most of a table, and list every matrix that each row can then be.

    Every test set of at least one positive and one negative image is tried; the best make most rows exact and, of
    these, fewest impossible. Unless all rows are exact as printed, the columns are also read as other metrics and as
    truncated; each such assumption has to make one row more exact. What explains equally many rows is all kept.
    Where the table doesn't say n, the largest test set to try has `max_n` images, from 2 to 3000.

    Raises:
        InputError: max_n is out of range, or the rows are averages over classes.
    """
    if not 2 <= max_n <= LARGEST_MAX_N:
        raise InputError(f"max_n must be from 2 to {LARGEST_MAX_N}, got {max_n}.")
    table, notes = _without_auc_of_curve(table, max_n)
    searches = searches_of(table, max_n)
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


def _best_ways(searches: Sequence[Search], plain: Columns) -> list[Columns]:
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
        open_sets = [search.reachable(meaning, enough) for search in searches]
        for way in meaning.truncations():
            if way != plain:
                reached = [most_exact(*each, way) for each in zip(searches, open_sets, strict=True)]
                exact[way] = sum(most for most, _ in reached)
                scores[way] = sum(score for _, score in reached) - 1
    # Once the best one stands out, what explains nearly as much is no rival.
    best = max(scores.values())
    winner = min((way for way, score in scores.items() if score == best), key=lambda way: -exact[way])
    if winner != plain and all(search.part(winner).stands_out for search in searches):
        allowance = 0
    kept = [way for way, score in scores.items() if score >= best - allowance and (way == plain or score + 1 >= least)]
    return sorted(kept, key=lambda way: (-exact[way], way.departs))


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
        return sum(search.most_exact(columns) for search in searches_of(each, max_n))

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
            f"their sizes, {NO_AVERAGES}"
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
            f"classes or repeats do, {NO_AVERAGES}"
        )
