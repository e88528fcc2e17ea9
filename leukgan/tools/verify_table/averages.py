"""Averages of several matrices, from which no matrix of two classes follows."""

from leukgan.errors import InputError
from leukgan.tools.verify_table.shared_sets import FEWEST_ROWS
from leukgan.tools.verify_table.table import Row, Table

ADVICE = "give a table of one class against the rest, or the confusion matrix"


def refuse_weighted_averages(table: Table) -> None:
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


def refuse_other_averages(table: Table) -> None:
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
