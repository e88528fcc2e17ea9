"""One process at a time in a folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from leukgan.errors import InputError

_held: dict[tuple[int, int], IO[bytes]] = {}  # until this process ends, however that comes


@contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Wait until no other process is in a block that names the same file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def hold(folder: Path) -> bool:
    """Keep other processes out of a folder until this one ends; whether it did not hold the folder before.

    Raises:
        InputError: Another process works in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "lock").open("ab")
    found = os.fstat(file.fileno())
    place = found.st_dev, found.st_ino  # which stay if the folder is renamed
    if place in _held:
        file.close()
        return False

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise InputError(
            f"another process works in {folder}; wait until it has ended, or give another name= or split.indices=."
        ) from None
    _held[place] = file
    return True
