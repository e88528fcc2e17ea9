"""Files that are whole or absent, their hashes, and the room for them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from leukgan.errors import InputError


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file whole or not at all: beside its place first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    write_atomic(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """The value of a JSON file; None if missing."""
    return json.loads(path.read_text()) if path.exists() else None


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_space(folder: Path, mebibytes: float) -> None:
    """Refuse to start where the disk of `folder` has less than this free."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 2**20
    if free < mebibytes:
        raise InputError(
            f"the disk of the run folder {folder} has {free:.0f} MiB free and this run needs {mebibytes:.0f} MiB; "
            "make room or start in another folder."
        )
