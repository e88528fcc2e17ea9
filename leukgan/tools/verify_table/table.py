"""A published table, read as it is printed: percentages, and the fractions that round to them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from leukgan.errors import InputError
from leukgan.statistics.confusion_matrix import METRICS

COLUMNS = ("row", *METRICS)
LARGEST_N = 100_000
FEWEST_CELLS = 2  # one percentage leaves a matrix open, however much is known of the test set
TOLERANCE = 1e-9  # percent: keeps a tie a tie in floating-point numbers


@dataclass(frozen=True)
class Cell:
    """A printed percentage from 0 to 100; its number of digits tells how it was rounded.

    Attributes:
        text: As printed, without sign and spaces: 97.06 stands for 97.055 to 97.065, and 97 for 96.5 to 97.5.
    """

    text: str

    @property
    def value(self) -> float:
        """The percentage."""
        return float(self.text)

    @property
    def digits(self) -> int:
        """Digits behind the point."""
        return len(self.text.partition(".")[2])

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest fraction that fit: half a unit of the last digit around it, ties included.

        A tie fits the numbers on both sides. Rounding half up and half to even differ there, and a product of rounded
        floating-point numbers can fall on either side before it is rounded. Cut-off digits are not considered.
        """
        half = 0.5 * 10**-self.digits
        return (self.value - half - TOLERANCE) / 100, (self.value + half + TOLERANCE) / 100


@dataclass(frozen=True)
class Row:
    """A line of a table: its name, and those of its percentages by metric that are printed."""

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
    return parse_table(text, f"table={name}")


def parse_table(text: str, source: str) -> Table:
    """The table that is written as csv; errors call it `source`.

    Raises:
        InputError: It is written otherwise.
    """
    lines = [line for line in csv.reader(text.splitlines()) if any(map(str.strip, line))]
    header = [column.strip().lower() for column in lines[0]] if lines else []
    _check_header(header, source)

    rows: dict[str, Row] = {}
    sizes: dict[str, int] = {}
    for line in lines[1:]:
        if len(line) != len(header):
            raise InputError(
                f"{source} has {len(header)} columns, and {len(line)} in the line {','.join(line)!r}; "
                "write a comma between cells only, and decimals with a point."
            )
        written = dict(zip(header, map(str.strip, line), strict=True))
        row = _parse_row(written, source)
        if row.name in rows:
            raise InputError(f"{source} has two rows named {row.name!r}; give each its own name.")
        rows[row.name] = row
        if written.get("n"):
            sizes[row.name] = _parse_size(written["n"], row.name, source)

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


def _check_header(header: Sequence[str], source: str) -> None:
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


def _parse_row(written: Mapping[str, str], source: str) -> Row:
    """The row of a line's texts by column."""
    name = written["row"]
    if not name:
        raise InputError(f"{source} has a row without a name; write one in the column row.")

    cells = {metric: _parse_cell(written[metric], metric, name, source) for metric in METRICS if written[metric]}
    if len(cells) < FEWEST_CELLS:
        raise InputError(
            f"{source}, row {name!r} must print at least {FEWEST_CELLS} of {', '.join(METRICS)}, got {len(cells)}; "
            "leave the row out."
        )
    return Row(name, cells)


def _parse_cell(text: str, metric: str, name: str, source: str) -> Cell:
    """The cell that is written as a number from 0 to 100, with or without a % sign."""
    bare = text.removesuffix("%").strip()
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", bare) or float(bare) > 100:
        raise InputError(
            f"{source}, row {name!r}: {metric} must be a percentage from 0 to 100 like 97.06, or empty where none is "
            f"printed, got {text!r}."
        )
    return Cell(bare)


def _parse_size(text: str, name: str, source: str) -> int:
    """A row's number of test images."""
    if not text.isascii() or not text.isdecimal() or not 2 <= int(text[:9]) <= LARGEST_N:
        raise InputError(
            f"{source}, row {name!r}: n must be a whole number from 2 to {LARGEST_N}, or empty, got {text!r}."
        )
    return int(text)
