"""A decoded table as text to read and as csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tabulate import tabulate

from leukgan.tools.verify_table.decoding import ClassSizes, Decoding
from leukgan.tools.verify_table.readings import EXACT, IMPOSSIBLE, ONE_WRONG_CELL, DecodedRow, Reading

HEADER = ("row", "TP", "FN", "TN", "FP", "verdict", "wrong cell")
CSV_HEADER = ("row", "n", "tp", "fn", "tn", "fp", "verdict", "wrong_cell", "printed", "corrected")
SHOWN_SIZES = 5
SHOWN_READINGS = 10


def text_of(decoding: Decoding) -> str:
    """A table of the rows, and sentences on how far it can be trusted."""
    lines = [
        (row.name, *cells_of(reading), row.verdict.replace("_", " "), wrong_cell_of(reading))
        for row in decoding.rows
        for reading in row.readings[:SHOWN_READINGS] or (None,)
    ]
    table = tabulate(lines, HEADER, disable_numparse=True, colalign=("left", *["right"] * 4, "left", "left"))
    return "\n".join([table, "", *sentences_of(decoding)])


def csv_of(decoding: Decoding) -> str:
    """One line for each reading, and one for each impossible row; what there is not is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    n = decoding.sizes.n if decoding.sizes else ""
    for row in decoding.rows:
        for reading in row.readings or (None,):
            wrong = (reading.wrong, reading.printed, reading.corrected) if reading else (None, None, None)
            writer.writerow((row.name, n, *cells_of(reading), row.verdict, *wrong))
    return text.getvalue()


def cells_of(reading: Reading | None) -> tuple[str, str, str, str]:
    """TP, FN, TN and FP."""
    if reading is None:
        return ("", "", "", "")
    counts = reading.counts
    return (str(counts.tp), str(counts.fn), str(counts.tn), str(counts.fp))


def wrong_cell_of(reading: Reading | None) -> str:
    """The wrong cell, what it should be and how that could happen."""
    if reading is None or reading.wrong is None:
        return ""
    slip = f" ({reading.slip})" if reading.slip else ""
    return f"{reading.wrong} {reading.printed} should be {reading.corrected}{slip}"


def sentences_of(decoding: Decoding) -> list[str]:
    """How well the table is explained, whether by this test set alone, and where a row is open."""
    tried = f"{'of' if decoding.n_is_known else 'of up to'} {decoding.largest} images"
    if decoding.sizes is None:
        return [f"No test set {tried} fits any row."]
    verdicts = [row.verdict for row in decoding.rows]
    found = (
        f"n = {decoding.sizes.n}: {decoding.sizes.positives} positive, {decoding.sizes.negatives} negative. "
        f"Of {len(verdicts)} rows {verdicts.count(EXACT)} fit exactly, {verdicts.count(ONE_WRONG_CELL)} but for one "
        f"cell, and {verdicts.count(IMPOSSIBLE)} not at all."
    )
    return [found, *uniqueness_of(decoding, decoding.sizes, tried), *filter(None, map(openness_of, decoding.rows))]


def uniqueness_of(decoding: Decoding, sizes: ClassSizes, tried: str) -> list[str]:
    """Which other test sets fit as well, and how well the next best fits."""
    others, after = decoding.equals, decoding.next_best
    if not others:
        told = [f"No other test set {tried} fits as well."]
    elif all(other.is_multiple_of(sizes) for other in others):
        told = [f"Unique up to multiples: {tried} only those with n = {listed(others)} fit as well."]
    elif decoding.n_is_known:
        told = [f"NOT UNIQUE: {len(others)} other test sets {tried} fit as well; this one has the fewest positive."]
    else:
        told = [
            f"NOT UNIQUE: {len(others)} other test sets {tried} fit as well, with n = {listed(others)}; this is the "
            "smallest."
        ]
    if after is not None and after.exact > 0:
        told.append(
            f"The next best test set makes {after.exact} of {len(decoding.rows)} rows exact (n = {after.sizes.n}: "
            f"{after.sizes.positives} positive, {after.sizes.negatives} negative)."
        )
    return told


def listed(others: Sequence[ClassSizes]) -> str:
    """The sizes, the first few and the last."""
    sizes = sorted({other.n for other in others})
    if len(sizes) <= SHOWN_SIZES + 1:
        return ", ".join(map(str, sizes))
    return f"{', '.join(map(str, sizes[:SHOWN_SIZES]))}, ..., {sizes[-1]}"


def openness_of(row: DecodedRow) -> str | None:
    """What else a row could be, None where it can be one thing only."""
    count = len(row.readings)
    if count + row.unlikely <= 1:
        return None
    shown = f"; {SHOWN_READINGS} are shown" if count > SHOWN_READINGS else ""
    if row.verdict == EXACT:
        return f"{row.name}: {count} matrices fit{shown}."
    likelier = f", {count} of them by a single typing error" if row.unlikely else ""
    return f"{row.name}: {count + row.unlikely} corrections of one cell fit{likelier}{shown}."
