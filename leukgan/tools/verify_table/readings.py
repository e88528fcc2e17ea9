"""What a row of a published table is on a given test set: confusion matrices, the wrong cell, the typing error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukgan.statistics.confusion_matrix import ConfusionMatrix
from leukgan.tools.verify_table.cells import Cell, slip
from leukgan.tools.verify_table.fitting import Numbers, fits, matrices
from leukgan.tools.verify_table.table import FEWEST_CELLS, Row

EXACT, ONE_WRONG_CELL, IMPOSSIBLE = "exact", "one_wrong_cell", "impossible"


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


def read_row(row: Row, positives: int, negatives: int) -> DecodedRow:
    """All that a row can be on a test set.

    With several cells that could be the wrong one, those count that a single typing error explains, if there are any.
    """
    exact = [Reading(counts) for counts in matrices(row.cells, positives, negatives)]
    if exact:
        return DecodedRow(row.name, tuple(exact))
    readings = [
        corrected(row.cells[wrong], wrong, counts)
        for wrong, rest in all_but_one(row)
        for counts in matrices(rest, positives, negatives)
    ]
    likely = [reading for reading in readings if reading.slip] or readings
    return DecodedRow(row.name, tuple(likely), len(readings) - len(likely))


def corrected(cell: Cell, metric: str, counts: ConfusionMatrix) -> Reading:
    """The reading of a row whose cell of one metric is wrong."""
    meant = cell.corrected(counts.metrics()[metric])
    return Reading(counts, metric, cell.text, meant, slip(cell.text, meant))


def fits_but_one(row: Row, positives: Numbers, negatives: Numbers) -> NDArray[np.bool_]:
    """For each test set (S,) whether any confusion matrix fits all cells of a row but one."""
    found = np.zeros(len(positives), dtype=bool)
    for _, rest in all_but_one(row):
        left = np.flatnonzero(~found)
        found[left] = fits(rest, positives[left], negatives[left])
    return found


def all_but_one(row: Row) -> list[tuple[str, dict[str, Cell]]]:
    """Each metric with the cells of the others; nothing where the others would be too few to tell a matrix."""
    cells = row.cells if len(row.cells) > FEWEST_CELLS else {}
    return [(left_out, {metric: cell for metric, cell in cells.items() if metric != left_out}) for left_out in cells]
