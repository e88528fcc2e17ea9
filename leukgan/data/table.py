"""A csv file that tells of each image its label, or its patient and the like."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from leukgan.data.groups import connect
from leukgan.errors import InputError
from leukgan.home import expand_home
from leukgan.run_folder.files import read_given


def names_of(names: str | Sequence[str]) -> tuple[str, ...]:
    """The names that a setting gives; one alone needs no list."""
    return (names,) if isinstance(names, str) else tuple(map(str, names))


def check_group_columns(columns: str | Sequence[str], table: str | None) -> tuple[str, ...]:
    """The columns that give the groups, which need a table."""
    names = names_of(columns)
    if names and table is None:
        raise InputError(f"data.group_columns={list(names)} needs the csv file with them; add data.table=<file>.")
    return names


WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how .xlsx and .xls begin


def read_csv(source: Path | io.StringIO) -> pd.DataFrame:
    """The rows of a csv file as any program saves it, all values as text.

    Separated by commas, semicolons, tabs or |, of which the first line has most; a file in UTF-8, UTF-16 or Windows'
    Latin letters. Spaces around values, empty rows and empty values at a row's end count for nothing.

    Raises:
        ValueError: It is no such file.
    """
    text = text_of(read_given(source)) if isinstance(source, Path) else source.getvalue()
    if "\0" in text:
        raise ValueError("it is no text, or in an encoding that its first bytes do not tell")
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=first.count)
    if said := re.match(r'"?sep=(.)"?\W*?\n', text):  # as Excel takes it
        text, delimiter = text[said.end() :], said[1]
    lines = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        rows = [[value.strip() for value in line] for line in lines]
    except csv.Error as error:
        raise ValueError(f"line {lines.line_num}: {error}") from error

    header, *rows = [row for row in rows if any(row)] or [[]]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise ValueError("it is empty")
    if len(set(header)) < len(header):
        raise ValueError(f"its first line has the name {max(header, key=header.count)!r} twice")
    if any(any(row[len(header) :]) for row in rows):
        raise ValueError("its rows have more values than its first line has names")
    return pd.DataFrame([(row + [""] * len(header))[: len(header)] for row in rows], columns=header, dtype=str)


def text_of(data: bytes) -> str:
    """The text of the bytes of a file in UTF-8, UTF-16 or Windows' Latin letters.

    Raises:
        ValueError: It is no such text.
    """
    if data.startswith(WORKBOOKS):
        raise ValueError("it is a workbook of Excel: save its sheet there as CSV UTF-8")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def read_table(path: str, image_column: str, columns: Sequence[str]) -> pd.DataFrame:
    """The needed columns of a csv file, all values as text, by the names in its image column, each once.

    Raises:
        InputError: No such file, no such column, or an image named twice.
    """
    try:
        table = read_csv(expand_home(path))
    except (OSError, ValueError) as error:
        raise InputError(
            f"data.table={path} can't be read as a csv file ({str(error).splitlines()[0]}); save it as CSV UTF-8."
        ) from error

    for column in (image_column, *columns):
        if column not in table:
            raise InputError(f"data.table={path} has no column {column!r}; it has {', '.join(map(str, table))}.")

    repeated = table[image_column][table[image_column].duplicated()]
    if len(repeated):
        raise InputError(f"data.table={path} names {repeated.iloc[0]} twice; give each image one row.")

    return table.set_index(image_column, drop=False)[list(dict.fromkeys(columns))]


def groups_in(table: pd.DataFrame) -> list[str]:
    """The group of each row: rows are together that agree in any column where neither is empty."""
    # An empty cell's key is its position, which no other cell has: values are text.
    keys = [[value or position for position, value in enumerate(table[column])] for column in table]
    return [f"group {number}" for number in connect(len(table), keys)]
