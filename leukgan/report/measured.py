"""The tables that a run's splits hold besides their scores, read where they are."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from leukgan.errors import InputError
from leukgan.report.results import Split


def rows_of(splits: Sequence[Split], name: str, columns: Sequence[str]) -> pd.DataFrame:
    """The rows of one table of all splits, with their split's `folder`; empty where no split has it.

    Args:
        splits: Whose tables are read.
        name: The file's name without ending.
        columns: That each table must have.

    Raises:
        InputError: A table lacks a column.
    """
    tables = []
    for split in splits:
        path = split.folder / f"{name}.csv"
        if path.exists() and path.stat().st_size > 1:
            table = pd.read_csv(path)
            missing = [column for column in columns if column not in table]
            if missing:
                raise InputError(f"{path} lacks the columns {', '.join(missing)}; run the split again.")
            if len(table):
                tables.append(table.assign(folder=split.name))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*columns, "folder"])
