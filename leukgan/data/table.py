"""A csv file that tells of each image its label, or its patient and the like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from leukgan.data.groups import connect
from leukgan.errors import InputError


def names_of(names: str | Sequence[str]) -> tuple[str, ...]:
    """The names that a setting gives; one alone needs no list."""
    return (names,) if isinstance(names, str) else tuple(map(str, names))


def check_group_columns(columns: str | Sequence[str], table: str | None) -> tuple[str, ...]:
    """The columns that give the groups, which need a table."""
    names = names_of(columns)
    if names and table is None:
        raise InputError(f"data.group_columns={list(names)} needs the csv file with them; add data.table=<file>.")
    return names


def read_csv(source: Any) -> pd.DataFrame:
    """The rows of a csv file, all values as text; ValueError if it is none."""
    table = pd.read_csv(source, dtype=str, keep_default_na=False)
    if not isinstance(table.index, pd.RangeIndex):  # Pandas would take the first values for names of the rows
        raise ValueError("its rows have more values than its first line has names")
    return table


def read_table(path: str, image_column: str, columns: Sequence[str]) -> pd.DataFrame:
    """The rows of a csv file by image, all values as text.

    Args:
        path: The file.
        image_column: The column with the images' names, each once.
        columns: The other columns that are needed.

    Raises:
        InputError: No such file, no such column, or an image named twice.
    """
    try:
        table = read_csv(Path(path).expanduser())
    except (OSError, ValueError) as error:
        raise InputError(f"data.table={path} can't be read as a csv file ({str(error).splitlines()[0]}).") from error

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
