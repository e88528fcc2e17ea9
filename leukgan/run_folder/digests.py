"""Digests by which damage is found before a file is believed: beside a checkpoint, as sha256sum does, and in JSON."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leukgan.errors import InputError
from leukgan.run_folder.files import damaged, read_json, sha256_of, write_atomic, write_json

DIGEST = "sha256"  # the key, in a JSON file, of the digest of all else


def digest_file(path: Path) -> Path:
    """The file beside `path` that holds its digest."""
    return path.with_name(f"{path.name}.sha256")


def place_with_digest(aside: Path, path: Path) -> None:
    """Move a finished file to its place, with its digest beside it.

    Until the file is exchanged the digest's file names the old one too, so that a kill at any moment leaves a pair that
    `check_digest` takes.
    """
    with aside.open("rb") as file:
        os.fsync(file.fileno())

    digest = digest_file(path)
    line = f"{sha256_of(aside)}  {path.name}\n"
    before = digest.read_text().splitlines(keepends=True)[:1] if path.exists() and digest.exists() else []
    write_atomic(digest, "".join([line, *before]))
    aside.replace(path)
    write_atomic(digest, line)


def check_digest(path: Path, *, required: bool = True) -> None:
    """Refuse a file of a training that is not the one that was written.

    If not required, its digest may be missing: a checkpoint that was copied away alone has none.

    Raises:
        InputError: The file is missing or damaged, or its digest is missing.
    """
    digest, anew = digest_file(path), f"delete the folder {path.parent}, and the same command trains the GAN anew"
    if not path.is_file():
        raise InputError(f"{path} is missing; {anew}.")
    if required and not digest.is_file():
        raise InputError(
            f"{path} has no {digest.name} beside it, which tells whether it is whole; {anew}, or write it with "
            "sha256sum if you trust the file."
        )
    if digest.is_file() and sha256_of(path).encode() not in digest.read_bytes().split():
        raise InputError(f"{path} is damaged: {digest.name} beside it tells of another file; {anew}.")


def write_json_with_digest(path: Path, value: Mapping[str, Any]) -> None:
    """Write names and values as JSON, whole or not at all, with the digest of them all as one more."""
    write_json(path, {**value, DIGEST: _digest(value)})


def read_json_with_digest(path: Path) -> Any:
    """The value of a JSON file without its digest, which older files lack; None if missing.

    Raises:
        InputError: It is damaged.
    """
    found = read_json(path)
    known = found.pop(DIGEST, None) if isinstance(found, dict) else None
    if known is not None and known != _digest(found):
        raise damaged(path, "it is not the file that was written")
    return found


def _digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
