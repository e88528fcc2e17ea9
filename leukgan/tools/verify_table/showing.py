"""A decoded table as text to read and as csv."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from tabulate import tabulate

from leukgan.config import output_file
from leukgan.errors import InputError
from leukgan.tools.verify_table.decoding import Decoding
from leukgan.tools.verify_table.rows import (
    CLASSES_EXCHANGED,
    EXACT,
    ONE_WRONG_CELL,
    OWN_TEST_SET,
    SEVERAL_WRONG_CELLS,
    ClassSizes,
    DecodedRow,
    Reading,
)
from leukgan.tools.verify_table.shared_sets import DOUBTFUL, MOST_MATRICES, MOST_SETS, Part

HEADER = ("row", "TP", "FN", "TN", "FP", "verdict", "by chance", "wrong cell")
CSV_HEADER = (
    *("row", "n", "tp", "fn", "tn", "fp", "verdict", "wrong_cell", "printed", "corrected", "slip", "columns"),
    "chance",
)
NO_COUNTS = ("",) * 4
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
    """One line for each reading, and one for each impossible row; what there is not is empty.

    Several wrong cells stand in one field, with spaces between.
    """
    lines = []
    for row in decoding.rows:
        for reading in row.readings:
            wrong = [
                " ".join(getattr(cell, part) for cell in reading.wrong) for part in ("column", "printed", "corrected")
            ]
            slip = reading.wrong[0].slip if len(reading.wrong) == 1 else None
            line = (row.name, reading.counts.n, *_counts(reading), reading.verdict, *wrong, slip)
            lines.append((*line, reading.columns.words, f"{reading.chance:.2g}"))
        if not row.readings:
            n = next((part.sizes.n for part in decoding.parts if part.sizes and row.name in part.names), "")
            lines.append((row.name, n, *NO_COUNTS, row.verdict, *[""] * 6))
    return pd.DataFrame(lines, columns=CSV_HEADER, dtype=object).to_csv(index=False, lineterminator="\n")


def text_of(decoding: Decoding) -> str:
    """A table of the rows, and sentences on how far it can be trusted."""
    lines: list[tuple[int | str, ...]] = []
    for row in decoding.rows:
        for reading in row.readings[:SHOWN_READINGS]:
            verdict = reading.verdict.replace("_", " ")
            lines.append((row.name, *_counts(reading), verdict, _percent(reading.chance), _wrong_cells(reading)))
        if not row.readings:
            lines.append((row.name, *NO_COUNTS, row.verdict, "", ""))
    align = ("left", *["right"] * 4, "left", "right", "left")
    table = tabulate(lines, HEADER, disable_numparse=True, colalign=align)
    return "\n".join([table, "", *_sentences(decoding)])


def _counts(reading: Reading) -> tuple[int, ...]:
    return (reading.counts.tp, reading.counts.fn, reading.counts.tn, reading.counts.fp)


def _percent(probability: float) -> str:
    if probability < 0.001:
        return "< 0.1%"
    return f"{100 * probability:.1f}%" if probability < 0.1 else f"{100 * probability:.0f}%"


def _wrong_cells(reading: Reading) -> str:
    """Each wrong cell, what it should be and how that could happen."""
    return ", ".join(
        f"{cell.column} {cell.printed} should be {cell.corrected}{f' ({cell.slip})' if cell.slip else ''}"
        for cell in reading.wrong
    )


def _sentences(decoding: Decoding) -> list[str]:
    """How well the table is explained, whether by this alone, and where a row is open."""
    first, *others = decoding.explanations
    sentences = list(decoding.notes)
    if first.columns.departs:
        sentences.append(f"Columns are read otherwise than printed: {first.columns.words}.")
    for part in first.parts:
        sentences += _of_part(part, decoding)
    listed = {reading.columns for row in decoding.rows for reading in row.readings}
    others = [other for other in others if other.columns in listed]
    if others:
        sentences.append(
            "NOT UNIQUE: other readings of the columns can't be excluded, and their matrices are listed too: "
            f"{'; '.join(f'{other.columns.words} ({other.exact} rows exact)' for other in others)}."
        )
    return [*sentences, *filter(None, map(_openness, decoding.rows))]


def _of_part(part: Part, decoding: Decoding) -> list[str]:
    """How well the rows of one n are explained."""
    tried = f"{'of' if part.n_is_known else 'of up to'} {part.largest} images"
    of = "" if len(decoding.parts) == 1 else f"Rows {', '.join(part.names)}: "
    sizes = part.sizes
    if sizes is None:
        return [f"{of}No test set {tried} fits any row."]

    rows = len(part.names)
    sentences = [
        f"{of}n = {sizes.n}: {sizes.positives} positive, {sizes.negatives} negative. "
        f"Of {rows} rows {part.exact} fit exactly, {part.possible - part.exact} but for one cell, and "
        f"{rows - part.possible} not at all.",
        _uniqueness(part, sizes, tried),
    ]
    if part.next_best is not None and part.next_exact > 0:
        after = part.next_best
        sentences.append(
            f"The next best test set makes {part.next_exact} of {rows} rows exact (n = {after.n}: "
            f"{after.positives} positive, {after.negatives} negative)."
        )
    if part.chance > DOUBTFUL:
        sentences.append(
            f"WEAK: chance alone makes that many rows exact on one of the test sets tried in {_percent(part.chance)} "
            "of tables."
        )
    if not part.shares_a_set:
        sentences.append("One test set for all rows is not supported; matrices on test sets of their own are listed.")
    return sentences


def _uniqueness(part: Part, sizes: ClassSizes, tried: str) -> str:
    """Which other test sets fit as well."""
    others = part.equals
    if not others:
        return f"No other test set {tried} fits as well."
    if all(other.is_multiple_of(sizes) for other in others):
        return f"Unique up to multiples: {tried} only those with n = {_listed(others)} fit as well."

    several = f"NOT UNIQUE: {len(others)} other test sets {tried} fit as well"
    listed = "the matrices of all are listed"
    if len(part.different_sets) > MOST_SETS:
        listed = f"the matrices of the {MOST_SETS} smallest are listed, write n in the table to see the others"
    return f"{several}{'' if part.n_is_known else f', with n = {_listed(others)}'}; {listed}."


def _listed(others: Sequence[ClassSizes]) -> str:
    sizes = sorted({other.n for other in others})
    if len(sizes) <= SHOWN_SIZES + 1:
        return ", ".join(map(str, sizes))
    return f"{', '.join(map(str, sizes[:SHOWN_SIZES]))}, ..., {sizes[-1]}"


def _openness(row: DecodedRow) -> str | None:
    """What else a row could be, None where it can be one thing only."""
    if len(row.readings) <= 1:
        return None
    kinds = {
        EXACT: "that fit",
        CLASSES_EXCHANGED: "that fit with the classes exchanged",
        ONE_WRONG_CELL: "that fit all cells but one",
        OWN_TEST_SET: "that fit on a test set of its own",
        SEVERAL_WRONG_CELLS: "within one image of each cell",
    }
    counted = {words: sum(r.verdict == verdict for r in row.readings) for verdict, words in kinds.items()}
    parts = [f"{count} {words}" for words, count in counted.items() if count]
    slips = sum(reading.by_one_slip for reading in row.readings)
    if slips and counted[kinds[ONE_WRONG_CELL]] > 1:
        parts.append(f"{slips} of them by a single typing error")
    more = f"; {SHOWN_READINGS} are shown, output=FILE.csv lists all" if len(row.readings) > SHOWN_READINGS else ""
    if counted[kinds[OWN_TEST_SET]] >= MOST_MATRICES:
        more += f", of its own test sets the first {MOST_MATRICES}"
    different = len({reading.counts for reading in row.readings})
    return f"{row.name}: {different} different matrices: {', '.join(parts)}{more}."
