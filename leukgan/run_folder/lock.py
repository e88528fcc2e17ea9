"""One process at a time in a folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from leukgan.errors import InputError

# Descriptors of the locks that this process has until it ends, however that comes: Python would warn of open files.
_held: dict[tuple[int, int], int] = {}


@contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Wait until no other process is in a block that names the same file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def try_lock(file: Path) -> IO[bytes] | None:
    """A lock that this process has until it closes it or ends, however that comes; None if another process has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    held = file.open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        return None
    return held


def hold(folder: Path) -> bool:
    """Keep other processes out of a folder until this one ends; whether it did not hold the folder before.

    Raises:
        InputError: Another process works in it.
    """
    file = folder / "lock"
    lock = try_lock(file)
    found = file.stat()
    place = found.st_dev, found.st_ino  # which stay if the folder is renamed
    if place in _held:
        return False
    if lock is None:
        raise InputError(
            f"another process works in {folder}; wait until it has ended, or give another name= or split.indices=."
        )
    with lock:
        _held[place] = os.dup(lock.fileno())
    return True
