"""A digest beside a checkpoint, as sha256sum writes it, by which damage is found before the file is believed."""

from __future__ import annotations

import os
from pathlib import Path

from leukgan.errors import InputError
from leukgan.run_folder.files import sha256_of, write_atomic


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

    Args:
        path: The file.
        required: Whether a digest must be beside it; a checkpoint that was copied away alone has none.

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
