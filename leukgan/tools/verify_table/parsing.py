"""Tables in csv as people write them: read where there is one meaning, else refused with what to write."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from leukgan.errors import InputError
from leukgan.tools.verify_table.table import FEWEST_CELLS, LINEAR, METRICS, TIE_BREAKERS, Cell, Row, Table

LARGEST_N = 100_000
FRACTION_DIGITS = 2  # digits of a fraction that a spreadsheet wrote as 0 or 1
HEADINGS = {
    "row": "row model name method classifier algorithm network architecture",
    "n": "n,images,test images,n test,total,samples",
    "accuracy": "accuracy,acc,overall accuracy",
    "precision": "precision,ppv,positive predictive value",
    "recall": "recall,sensitivity,sens,sen,tpr,true positive rate",
    "f1": "f1,f1 score,f score,f measure,f1 measure,dice",
    "specificity": "specificity,spec,spe,tnr,true negative rate,selectivity",
    "npv": "npv,negative predictive value",
    "balanced_accuracy": "balanced accuracy,bacc,bal acc,balanced acc",
    "auc": "auc,auroc,roc auc,auc roc,area under the curve",
    "mcc": "mcc,matthews,matthews coefficient,matthews correlation coefficient,phi",
    "kappa": "kappa,cohen kappa,cohens kappa,cohen's kappa",
}
COLUMN_OF = {
    heading: column
    for column, words in HEADINGS.items()
    for heading in (words.split(",") if "," in words else words.split())
}
COLUMNS = ", ".join(("row", *METRICS, "n"))
NOT_PRINTED = {"", "-", "–", "—", "/", "n/a", "na", "n.a.", "nr"}
NUMBER = re.compile(r"-?[0-9]{1,3}([.,][0-9]+)?")
SPREAD = re.compile(r"[0-9]\s*%?\s*(±|\+/-|\()")


def shipped_tables() -> list[str]:
    """Names of the tables that come with the project."""
    shipped = (file.name for file in files("leukgan.tools.verify_table").iterdir())
    return sorted(name.removesuffix(".csv") for name in shipped if name.endswith(".csv"))


def read_table(name: str) -> Table:
    """The table that ships under a name of `shipped_tables`, or else that of the csv file of this path.

    Raises:
        InputError: There is no such table, or it has no single meaning.
    """
    if name in shipped_tables():
        text = files("leukgan.tools.verify_table").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    elif Path(name).is_file():
        try:
            text = Path(name).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise InputError(f"table={name} is no text in UTF-8; save it as a csv file.") from None
    else:
        raise InputError(
            f"there is no table {name}; give a csv file, or one that ships with leukgan: {', '.join(shipped_tables())}."
        )
    return parse_table(text, f"table={name}")


def parse_table(text: str, source: str) -> Table:
    """The table that is written as csv; errors call it `source`.

    Cells are separated by commas, semicolons or tabs, decimals written with a point or, where cells are separated
    otherwise or quoted, a comma. Columns are in any order, under any heading of HEADINGS; one that prints no number
    above 1 is of fractions.

    Raises:
        InputError: It is written otherwise.
    """
    lines = _lines(text)
    header = _columns(lines, source)

    # Rows as texts by column.
    written: list[dict[str, str]] = []
    for line in lines[1:]:
        if len(line) != len(header):
            raise InputError(
                f"{source} has {len(header)} columns, and {len(line)} in the line {','.join(line)!r}; "
                "write a comma between cells only, and decimals with a point, or semicolons between cells."
            )
        written.append({column: _bare(cell) for column, cell in zip(header, line, strict=True)})
    if not written:
        raise InputError(f"{source} has no rows below its header.")

    # Cells, and the columns that are of fractions.
    rows = [_parse_row(line, source) for line in written]
    for row in rows:
        if [other.name for other in rows].count(row.name) > 1:
            raise InputError(f"{source} has two rows named {row.name!r}; give each its own name.")
    fractions = _fraction_columns(rows, written, source)
    rows = [replace(row, cells=_as_fractions(row.cells, fractions)) for row in rows]
    for row in rows:
        _check_range(row, source)
    return Table(tuple(_with_sizes(rows, source)), _notes(fractions, header))


def _lines(text: str) -> list[list[str]]:
    """The cells of each line that isn't empty, by the separator under which the header has most known columns."""
    texts = text.splitlines()

    def split(separator: str) -> list[list[str]]:
        lines = csv.reader(texts, delimiter=separator, skipinitialspace=True)
        return [line for line in lines if any(map(str.strip, line))]

    def known(lines: list[list[str]]) -> int:
        return sum(_column_of(heading) is not None for heading in lines[0]) if lines else 0

    return max(map(split, ",;\t"), key=known)


def _columns(lines: Sequence[Sequence[str]], source: str) -> list[str]:
    """The header's columns; refuses an unknown one, one twice, and too few."""
    headings = list(lines[0]) if lines else []
    found = [_column_of(heading) for heading in headings]

    # The first column may have any heading, if its cells are names.
    if "row" not in found and found and found[0] is None:
        cells = [line[0] for line in lines[1:] if line]
        if cells and not any(NUMBER.fullmatch(_bare(cell)) for cell in cells):
            found[0] = "row"

    header: list[str] = []
    for heading, column in zip(headings, found, strict=True):
        if column is None:
            raise InputError(
                f"{source} has a column {heading.strip()!r}, which has no single meaning here; "
                f"rename it to one of {COLUMNS}, or remove it."
            )
        if column in header:
            raise InputError(f"{source} must have each column once, got {column!r} twice; remove one.")
        header.append(column)
    if "row" not in header:
        raise InputError(f"{source} has no column row; add it with a name for each line.")
    if sum(column in LINEAR for column in header) < FEWEST_CELLS:
        raise InputError(f"{source} must have at least {FEWEST_CELLS} of the columns {', '.join(LINEAR)}; add them.")
    return header


def _column_of(heading: str) -> str | None:
    """The column that a heading names, None for an unknown one.

    A word in brackets or behind a stroke may only say the same again, or the unit.
    """
    text = re.sub(r"%|\bin percent\b|\bpercent\b", " ", heading.strip().lower())
    parts = [re.sub(r"[\s_-]+", " ", part).strip() for part in re.split(r"[()\[\]/,]", text)]
    columns = {COLUMN_OF.get(part) for part in parts if part}
    return columns.pop() if len(columns) == 1 else None


def _bare(cell: str) -> str:
    """A cell without spaces around it; empty for a sign that nothing is printed."""
    text = cell.strip()
    return "" if text.lower() in NOT_PRINTED else text


def _parse_row(written: Mapping[str, str], source: str) -> Row:
    """The row of a line's texts by column; all numbers are taken for percentages."""
    name = written["row"]
    if not name:
        raise InputError(f"{source} has a row without a name; write one in the column row.")

    cells = {metric: _parse_cell(written[metric], metric, name, source) for metric in METRICS if written.get(metric)}
    printed = sum(metric in LINEAR for metric in cells)
    if printed < FEWEST_CELLS:
        raise InputError(
            f"{source}, row {name!r} must print at least {FEWEST_CELLS} of {', '.join(LINEAR)}, got {printed}; "
            "leave the row out."
        )
    n = _parse_size(written["n"], name, source) if written.get("n") else None
    return Row(name, cells, n)


def _parse_cell(text: str, metric: str, name: str, source: str) -> Cell:
    """The cell that is written as a number, with or without a % sign."""
    if SPREAD.search(text):
        raise InputError(
            f"{source}, row {name!r}: {metric} must be one number, got {text!r}; write it without its spread or "
            "interval, and leave the row out if it is a mean over repeats, which no single matrix gives."
        )
    bare = text.removesuffix("%").strip()
    if not NUMBER.fullmatch(bare):
        raise _wrong_cell(text, metric, name, source)
    return Cell(bare.replace(",", "."))


def _check_range(row: Row, source: str) -> None:
    """Refuse a number that no test can give."""
    for metric, cell in row.cells.items():
        lowest = -cell.of if metric in ("mcc", "kappa") else 0
        if not lowest <= cell.value <= cell.of or (lowest == 0 and cell.text.startswith("-")):
            raise _wrong_cell(cell.text, metric, row.name, source)


def _wrong_cell(text: str, metric: str, name: str, source: str) -> InputError:
    return InputError(
        f"{source}, row {name!r}: {metric} must be a percentage from 0 to 100 like 97.06, or empty where none is "
        f"printed, got {text!r}; a column of fractions must have no number above 1."
    )


def _fraction_columns(rows: Sequence[Row], written: Sequence[Mapping[str, str]], source: str) -> set[str]:
    """The columns that print fractions: none of their numbers is above 1, and one at least is between 0 and 1."""
    found = set()
    for metric in METRICS:
        values = [abs(row.cells[metric].value) for row in rows if metric in row.cells]
        signs = any("%" in line.get(metric, "") for line in written)
        if values and max(values) <= 1 and not signs and any(0 < value < 1 for value in values):
            found.add(metric)

    # A column of zeros and ones goes with the others.
    largest = max(cell.value for row in rows for cell in row.cells.values())
    if found and largest <= 1:
        return set(METRICS)
    if largest <= 1 and not any("%" in cell for line in written for cell in line.values()):
        raise InputError(f"{source} has no number but 0 and 1; write 100 for a whole, as percentages are read.")
    coefficients = {
        metric for metric in TIE_BREAKERS if all(abs(r.cells[metric].value) <= 1 for r in rows if metric in r.cells)
    }
    return found | coefficients


def _as_fractions(cells: Mapping[str, Cell], fractions: set[str]) -> dict[str, Cell]:
    """The cells with those of fractions as such; 0 and 1 without digits, as a spreadsheet writes 0.00 and 1.00."""

    def fraction(cell: Cell) -> Cell:
        return Cell(cell.text if cell.digits else f"{cell.text}.{'0' * FRACTION_DIGITS}", of=1)

    return {metric: fraction(cell) if metric in fractions else cell for metric, cell in cells.items()}


def _parse_size(text: str, name: str, source: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 2 <= int(text[:9]) <= LARGEST_N:
        raise InputError(
            f"{source}, row {name!r}: n must be a whole number from 2 to {LARGEST_N}, or empty, got {text!r}."
        )
    return int(text)


def _with_sizes(rows: Sequence[Row], source: str) -> list[Row]:
    """The rows, each with the n that the table gives once for all; of several n, each row has its own."""
    given = {row.n for row in rows if row.n is not None}
    if len(given) <= 1:
        n = next(iter(given), None)
        return [replace(row, n=n) for row in rows]
    missing = [row.name for row in rows if row.n is None]
    if missing:
        raise InputError(
            f"{source} has rows of different n and none in row {missing[0]!r}; write its n, or leave the row out."
        )
    return list(rows)


def _notes(fractions: set[str], header: Sequence[str]) -> tuple[str, ...]:
    columns = [column for column in header if column in fractions and column in LINEAR]
    return (f"Read as fractions, not percentages: {', '.join(columns)}.",) if columns else ()
