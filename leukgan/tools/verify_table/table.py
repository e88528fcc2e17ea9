"""A published table, read as it is printed."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from leukgan.errors import InputError
from leukgan.statistics.confusion_matrix import METRICS
from leukgan.tools.verify_table.cells import Cell, cell_of

COLUMNS = ("row", *METRICS)
LARGEST_N = 100_000
FEWEST_CELLS = 2  # one percentage leaves a matrix open, however much is known of the test set


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        name: What it is called.
        cells: Its percentages by metric, those that are printed.
    """

    name: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Table:
    """Rows that share one test set.

    Attributes:
        rows: At least one, each of its own name.
        n: Test images, None where the table doesn't say.
    """

    rows: tuple[Row, ...]
    n: int | None


def shipped_tables() -> list[str]:
    """Names of the tables that come with the project."""
    shipped = (file.name for file in files("leukgan.tools.verify_table").iterdir())
    return sorted(name.removesuffix(".csv") for name in shipped if name.endswith(".csv"))


def read_table(name: str) -> Table:
    """The table that ships under a name, or else that of a csv file.

    Args:
        name: A name of `shipped_tables`, or a path. The file has the columns row, accuracy, precision, recall, f1 and
            specificity, in percent as printed and empty where nothing is printed, and n where it is known.

    Raises:
        InputError: There is no such table, or it is not written like this.
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
    return table_of(text, f"table={name}")


def table_of(text: str, source: str) -> Table:
    """The table that is written as csv.

    Args:
        text: The file's text.
        source: What errors call it.

    Raises:
        InputError: It is written otherwise.
    """
    lines = [line for line in csv.reader(text.splitlines()) if any(map(str.strip, line))]
    header = [column.strip().lower() for column in lines[0]] if lines else []
    check_header(header, source)
    rows: dict[str, Row] = {}
    sizes: dict[str, int] = {}
    for line in lines[1:]:
        if len(line) != len(header):
            raise InputError(
                f"{source} has {len(header)} columns, and {len(line)} in the line {','.join(line)!r}; "
                "write a comma between cells only, and decimals with a point."
            )
        written = dict(zip(header, map(str.strip, line), strict=True))
        row = row_of(written, source)
        if row.name in rows:
            raise InputError(f"{source} has two rows named {row.name!r}; give each its own name.")
        rows[row.name] = row
        if written.get("n"):
            sizes[row.name] = size_of(written["n"], row.name, source)
    if not rows:
        raise InputError(f"{source} has no rows below its header.")
    if len(set(sizes.values())) > 1:
        few, many = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
        raise InputError(
            f"{source} must have one n, as its rows share one test set, got {sizes[few]} in row {few!r} and "
            f"{sizes[many]} in row {many!r}; split the table."
        )
    if max(cell.value for row in rows.values() for cell in row.cells.values()) <= 1:
        raise InputError(f"{source} must be in percent and has no number above 1; multiply its fractions by 100.")
    return Table(tuple(rows.values()), next(iter(sizes.values()), None))


def check_header(header: Sequence[str], source: str) -> None:
    """Refuse other columns than the table's, or one twice."""
    for column in COLUMNS:
        if column not in header:
            raise InputError(
                f"{source} has no column {column}; it needs {', '.join(COLUMNS)}, with empty cells where nothing is "
                "printed."
            )
    for column in header:
        if column not in (*COLUMNS, "n") or header.count(column) > 1:
            raise InputError(f"{source} must have the columns {', '.join(COLUMNS)} and n once, got {column!r}.")


def row_of(written: Mapping[str, str], source: str) -> Row:
    """The row that a line's texts by column make."""
    name = written["row"]
    if not name:
        raise InputError(f"{source} has a row without a name; write one in the column row.")
    cells = {}
    for metric in METRICS:
        try:
            cell = cell_of(written[metric])
        except ValueError as error:
            raise InputError(f"{source}, row {name!r}: {metric} {error}.") from None
        if cell is not None:
            cells[metric] = cell
    if len(cells) < FEWEST_CELLS:
        raise InputError(
            f"{source}, row {name!r} must print at least {FEWEST_CELLS} of {', '.join(METRICS)}, got {len(cells)}; "
            "leave the row out."
        )
    return Row(name, cells)


def size_of(text: str, name: str, source: str) -> int:
    """A row's number of test images."""
    if not text.isascii() or not text.isdecimal() or not 2 <= int(text[:9]) <= LARGEST_N:
        raise InputError(
            f"{source}, row {name!r}: n must be a whole number from 2 to {LARGEST_N}, or empty, got {text!r}."
        )
    return int(text)
