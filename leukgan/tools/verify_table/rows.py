"""What a row can be on a test set: matrices that fit all its cells, all but one, or nearly."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from leukgan.statistics.confusion_matrix import ConfusionMatrix
from leukgan.tools.verify_table.fitting import FORMS, Numbers, at_least_one, expected_fits, matrices, value
from leukgan.tools.verify_table.table import FEWEST_CELLS, TRUNCATED, Cell, Columns, Row

EXACT, ONE_WRONG_CELL, SEVERAL_WRONG_CELLS = "exact", "one_wrong_cell", "several_wrong_cells"
CLASSES_EXCHANGED, OWN_TEST_SET, IMPOSSIBLE = "classes_exchanged", "own_test_set", "impossible"
HARDLY_EVER = 0.001  # a correction that chance gives less often, by cells enough, leaves nothing else to look for
CELLS_ENOUGH = 3  # on a known test set two cells always tell a matrix, a third one confirms it
VERDICTS = (EXACT, CLASSES_EXCHANGED, ONE_WRONG_CELL, OWN_TEST_SET, SEVERAL_WRONG_CELLS, IMPOSSIBLE)


class ClassSizes(NamedTuple):
    """A test set: how many images of each class it has."""

    positives: int
    negatives: int

    @property
    def n(self) -> int:
        return self.positives + self.negatives

    @property
    def arrays(self) -> tuple[Numbers, Numbers]:
        """Positives and negatives (1,)."""
        return np.array([float(self.positives)]), np.array([float(self.negatives)])

    def is_multiple_of(self, other: "ClassSizes") -> bool:
        """Whether each class is the same whole number of times as large."""
        times = self.n // other.n
        return self == (times * other.positives, times * other.negatives)


@dataclass(frozen=True)
class WrongCell:
    """A cell that doesn't fit a matrix."""

    column: str
    printed: str
    corrected: str  # what the matrix gives for it, with as many digits
    slip: str | None  # the single typing error that explains it, in words, or None


@dataclass(frozen=True)
class Reading:
    """A confusion matrix that a row may come from."""

    counts: ConfusionMatrix
    verdict: str  # in what sense it fits; one of VERDICTS
    columns: Columns  # how the columns are read
    wrong: tuple[WrongCell, ...] = ()  # the cells that don't fit
    chance: float = 1.0  # how often numbers drawn by chance near the printed ones get a matrix by the same cells
    fitting: int = 0  # how many cells fit

    @property
    def by_one_slip(self) -> bool:
        """Whether a single typing error explains all that is wrong."""
        return len(self.wrong) == 1 and self.wrong[0].slip is not None


@dataclass(frozen=True)
class DecodedRow:
    """All that a row can be, the best supported first; nothing for an impossible row."""

    name: str
    readings: tuple[Reading, ...]

    @property
    def verdict(self) -> str:
        """That of the best supported reading."""
        return self.readings[0].verdict if self.readings else IMPOSSIBLE


def is_settled(readings: Sequence[Reading]) -> bool:
    """Whether a matrix fits all cells, or all but one where chance hardly gives one: then no weaker kind is listed."""
    return any(
        reading.verdict == EXACT or (reading.fitting >= CELLS_ENOUGH and reading.chance < HARDLY_EVER)
        for reading in readings
    )


def decoded(name: str, readings: Sequence[Reading]) -> DecodedRow:
    """A row of readings in order of their support, each matrix once."""

    def support(reading: Reading) -> tuple[int, bool]:
        return VERDICTS.index(reading.verdict), not reading.by_one_slip

    unique: dict[tuple[ConfusionMatrix, frozenset[str]], Reading] = {}
    for reading in sorted(readings, key=support):
        unique.setdefault((reading.counts, frozenset(cell.column for cell in reading.wrong)), reading)

    # Once a matrix fits all cells, it is no news that it also fits all but some.
    exact = {reading.counts for reading in unique.values() if not reading.wrong}
    return DecodedRow(name, tuple(r for r in unique.values() if not r.wrong or r.counts not in exact))


def exact_readings(row: Row, columns: Columns, sizes: ClassSizes, wrong: Sequence[str] = ()) -> list[Reading]:
    """The matrices that fit all cells, or all but that of a wrong column."""
    cells = columns.cells({column: cell for column, cell in row.cells.items() if column not in wrong})
    found = matrices(cells, *sizes)
    if not found:
        return []
    verdict, chance = ONE_WRONG_CELL if wrong else EXACT, at_least_one(expected_fits(cells, *sizes.arrays))
    wrong_cells = {counts: tuple(_wrong_cell(column, row, columns, counts) for column in wrong) for counts in found}
    return [Reading(counts, verdict, columns, wrong_cells[counts], chance, len(cells)) for counts in found]


def exchanged_readings(row: Row, columns: Columns, sizes: ClassSizes) -> list[Reading]:
    """The matrices that fit all cells if the row takes the other class for positive, written as the table's."""
    return [
        replace(
            r, verdict=CLASSES_EXCHANGED, counts=ConfusionMatrix(r.counts.tn, r.counts.fp, r.counts.tp, r.counts.fn)
        )
        for r in exact_readings(row, columns, ClassSizes(sizes.negatives, sizes.positives))
    ]


def one_wrong_readings(row: Row, columns: Columns, sizes: ClassSizes) -> list[Reading]:
    """The matrices that fit all cells but one, whichever it is."""
    return [r for column, _ in all_but_one(row.cells) for r in exact_readings(row, columns, sizes, [column])]


def near_readings(row: Row, columns: Columns, sizes: ClassSizes) -> list[Reading]:
    """The matrices that are less than one image away from each cell, of which several don't fit.

    They are where to look, not evidence: nearly every row has some.
    """
    near = {metric: cell for metric, cell in columns.cells(row.cells).items() if metric in FORMS}
    readings = []
    for counts in matrices(near, *sizes, slack=1.0):
        strange = (column for column, cell in row.cells.items() if not _admits(column, cell, columns, counts))
        wrong = tuple(_wrong_cell(column, row, columns, counts) for column in strange)
        if len(wrong) > 1:
            readings.append(Reading(counts, SEVERAL_WRONG_CELLS, columns, wrong, fitting=len(row.cells) - len(wrong)))
    return sorted(readings, key=lambda reading: len(reading.wrong))


def all_but_one(cells: Mapping[str, Cell]) -> list[tuple[str, dict[str, Cell]]]:
    """Each column with the cells of the others; nothing where the others would be too few to tell a matrix."""
    if len(cells) <= FEWEST_CELLS:
        return []
    found = [(left_out, {column: cell for column, cell in cells.items() if column != left_out}) for left_out in cells]
    return [(column, rest) for column, rest in found if set(rest) & set(FORMS)]


def mark_exchanges(rows: Sequence[DecodedRow]) -> list[DecodedRow]:
    """The rows, with cells named that two rows have exchanged: each prints what the other one's matrix gives."""
    wrong: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        for cell in (reading.wrong[0] for reading in row.readings if len(reading.wrong) == 1):
            names = wrong.setdefault((cell.column, cell.printed, cell.corrected), [])
            names += [row.name] if row.name not in names else []

    def marked(name: str, reading: Reading) -> Reading:
        if len(reading.wrong) != 1:
            return reading
        cell = reading.wrong[0]
        others = [other for other in wrong.get((cell.column, cell.corrected, cell.printed), []) if other != name]
        if not others:
            return reading
        return replace(reading, wrong=(replace(cell, slip=f"exchanged with {' or '.join(others)}"),))

    return [decoded(row.name, [marked(row.name, reading) for reading in row.readings]) for row in rows]


def _wrong_cell(column: str, row: Row, columns: Columns, counts: ConfusionMatrix) -> WrongCell:
    cell = row.cells[column]
    meant = _print_alike(_value(column, columns, counts), cell, columns.rounding(column))
    return WrongCell(column, cell.text, meant, slip(cell.text, meant))


def _admits(column: str, cell: Cell, columns: Columns, counts: ConfusionMatrix) -> bool:
    low, high = columns.cells({column: cell})[columns.metric(column)].bounds
    return low <= float(np.nan_to_num(_value(column, columns, counts))) <= high


def _value(column: str, columns: Columns, counts: ConfusionMatrix) -> float:
    sizes = ClassSizes(counts.tp + counts.fn, counts.tn + counts.fp)
    tp, fp = np.array([float(counts.tp)]), np.array([float(counts.fp)])
    return float(value(columns.metric(column), tp, fp, *sizes.arrays)[0])


def _print_alike(fraction: float, cell: Cell, rounding: str) -> str:
    """A fraction printed with the cell's digits, 'undefined' for none."""
    if math.isnan(fraction):
        return "undefined"
    number = cell.of * fraction
    if rounding == TRUNCATED:
        steps = 10**cell.digits
        number = math.trunc(number * steps + math.copysign(1e-7, number)) / steps
    return f"{number:.{cell.digits}f}"


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
