"""A decoded table as text to read and as csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from leukgan.config import output_file
from leukgan.errors import InputError
from leukgan.tools.verify_table.decoding import (
    EXACT,
    IMPOSSIBLE,
    ONE_WRONG_CELL,
    ClassSizes,
    DecodedRow,
    Decoding,
    Reading,
)

HEADER = ("row", "TP", "FN", "TN", "FP", "verdict", "wrong cell")
CSV_HEADER = ("row", "n", "tp", "fn", "tn", "fp", "verdict", "wrong_cell", "printed", "corrected")
SHOWN_SIZES = 5
SHOWN_READINGS = 10


def matrices_file(output: str | None, table: str) -> Path | None:
    """The file that gets the matrices, None for none.

    Raises:
        InputError: It is a folder, or the table itself.
    """
    path = output_file(output, "matrices.csv")
    if path is None:
        return None
    if path.resolve() == Path(table).resolve() or (path.exists() and Path(table).exists() and path.samefile(table)):
        raise InputError(f"output={output} is the table itself; take another file.")
    return path


def csv_of(decoding: Decoding) -> str:
    """One line for each reading, and one for each impossible row; what there is not is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    n = decoding.sizes.n if decoding.sizes else ""
    for row in decoding.rows:
        for reading in row.readings or (None,):
            wrong = (reading.wrong, reading.printed, reading.corrected) if reading else (None, None, None)
            writer.writerow((row.name, n, *_counts(reading), row.verdict, *wrong))
    return text.getvalue()


def text_of(decoding: Decoding) -> str:
    """A table of the rows, and sentences on how far it can be trusted."""
    lines = [
        (row.name, *_counts(reading), row.verdict.replace("_", " "), _wrong_cell(reading))
        for row in decoding.rows
        for reading in row.readings[:SHOWN_READINGS] or (None,)
    ]
    table = tabulate(lines, HEADER, disable_numparse=True, colalign=("left", *["right"] * 4, "left", "left"))
    return "\n".join([table, "", *_sentences(decoding)])


def _counts(reading: Reading | None) -> tuple[int | str, ...]:
    """TP, FN, TN and FP."""
    if reading is None:
        return ("",) * 4
    return (reading.counts.tp, reading.counts.fn, reading.counts.tn, reading.counts.fp)


def _wrong_cell(reading: Reading | None) -> str:
    """The wrong cell, what it should be and how that could happen."""
    if reading is None or reading.wrong is None:
        return ""
    slip = f" ({reading.slip})" if reading.slip else ""
    return f"{reading.wrong} {reading.printed} should be {reading.corrected}{slip}"


def _sentences(decoding: Decoding) -> list[str]:
    """How well the table is explained, whether by this test set alone, and where a row is open."""
    tried = f"{'of' if decoding.n_is_known else 'of up to'} {decoding.largest} images"
    sizes = decoding.sizes
    if sizes is None:
        return [f"No test set {tried} fits any row."]

    verdicts = [row.verdict for row in decoding.rows]
    found = (
        f"n = {sizes.n}: {sizes.positives} positive, {sizes.negatives} negative. "
        f"Of {len(verdicts)} rows {verdicts.count(EXACT)} fit exactly, {verdicts.count(ONE_WRONG_CELL)} but for one "
        f"cell, and {verdicts.count(IMPOSSIBLE)} not at all."
    )
    sentences = [found, _uniqueness(decoding, sizes, tried)]
    if decoding.next_best is not None and decoding.next_exact > 0:
        after = decoding.next_best
        sentences.append(
            f"The next best test set makes {decoding.next_exact} of {len(verdicts)} rows exact (n = {after.n}: "
            f"{after.positives} positive, {after.negatives} negative)."
        )
    return [*sentences, *filter(None, map(_openness, decoding.rows))]


def _uniqueness(decoding: Decoding, sizes: ClassSizes, tried: str) -> str:
    """Which other test sets fit as well."""
    others = decoding.equals
    if not others:
        return f"No other test set {tried} fits as well."
    if all(other.is_multiple_of(sizes) for other in others):
        return f"Unique up to multiples: {tried} only those with n = {_listed(others)} fit as well."

    several = f"NOT UNIQUE: {len(others)} other test sets {tried} fit as well"
    if decoding.n_is_known:
        return f"{several}; this one has the fewest positive."
    return f"{several}, with n = {_listed(others)}; this is the smallest."


def _listed(others: Sequence[ClassSizes]) -> str:
    """The sizes, the first few and the last."""
    sizes = sorted({other.n for other in others})
    if len(sizes) <= SHOWN_SIZES + 1:
        return ", ".join(map(str, sizes))
    return f"{', '.join(map(str, sizes[:SHOWN_SIZES]))}, ..., {sizes[-1]}"


def _openness(row: DecodedRow) -> str | None:
    """What else a row could be, None where it can be one thing only."""
    count = len(row.readings)
    if count + row.unlikely <= 1:
        return None
    shown = f"; {SHOWN_READINGS} are shown" if count > SHOWN_READINGS else ""
    if row.verdict == EXACT:
        return f"{row.name}: {count} matrices fit{shown}."
    likelier = f", {count} of them by a single typing error" if row.unlikely else ""
    return f"{row.name}: {count + row.unlikely} corrections of one cell fit{likelier}{shown}."
