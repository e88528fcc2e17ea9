"""Where the matrices go."""

from __future__ import annotations

from pathlib import Path

from leukgan.config import output_file
from leukgan.errors import InputError


def output_of(output: str | None, table: str) -> Path | None:
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
