"""What an earlier drawing has left in a folder: all that a new one may delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from leukgan.errors import InputError
from leukgan.generation.folder import MANIFEST
from leukgan.run_folder.files import sha256_of

UNFINISHED = f".{MANIFEST}.part"  # the manifest of images that are not all there yet
IMAGES = "images.npz"
COLUMNS = ("image", "seed", "to_seed", "part", "label", "truncation", "sha256", "checkpoint")
ARRAYS = ("images", "seeds", "to_seeds", "parts", "label", "truncation", "checkpoint")
ASIDE = re.compile(r"\.(seed_\d{5,}(_to_\d{5,}_step_\d{2,})?\.png\.\d+|images\.npz)\.part")


def earlier_files(folder: Path) -> list[Path]:
    """All files of a folder, if an earlier drawing, whole or stopped, is all that it holds; what lists images last.

    Raises:
        InputError: It is a file, or holds something else or a file that was changed.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output={folder} is a file; give a folder.")
    listed = listed_images(folder)
    files = sorted(folder.iterdir()) if folder.exists() else []
    for path in files:
        if not is_ours(path, listed):
            raise InputError(
                f"output={folder} holds {path.name}, which is not as an earlier generate.py has left it; "
                "give an empty folder."
            )
    return sorted(files, key=lambda path: path.name in (MANIFEST, UNFINISHED))


def delete(files: list[Path]) -> None:
    """Delete an earlier drawing's files; stopped midway, what is left is known as a drawing's and as not whole."""
    for path in files:
        if path.name == MANIFEST:
            path.replace(path.with_name(UNFINISHED))
    for path in files:
        path.with_name(UNFINISHED if path.name == MANIFEST else path.name).unlink(missing_ok=True)


def listed_images(folder: Path) -> dict[str, str]:
    """Name and sha256 of the images that the folder's manifests list."""
    listed: dict[str, str] = {}
    for path in (folder / MANIFEST, folder / UNFINISHED):
        if is_manifest(path):
            rows = [line.split(",") for line in path.read_text(errors="replace").splitlines()[1:]]
            listed |= {row[0]: row[COLUMNS.index("sha256")] for row in rows if len(row) == len(COLUMNS)}
    return listed


def is_ours(path: Path, listed: Mapping[str, str]) -> bool:
    """Whether a drawing has written this file and nobody has changed it since."""
    if not path.is_file():
        return False
    if path.name in (MANIFEST, UNFINISHED):
        return is_manifest(path)
    if path.name == IMAGES:
        return is_archive(path)
    return bool(ASIDE.fullmatch(path.name)) or listed.get(path.name) == sha256_of(path)


def is_manifest(path: Path) -> bool:
    """Whether a file starts as a drawing's manifest does."""
    if not path.is_file():
        return False
    with path.open(errors="replace") as file:
        return file.readline(1000) == ",".join(COLUMNS) + "\n"


def is_archive(path: Path) -> bool:
    """Whether a file has the arrays of a drawing's npz."""
    try:
        with ZipFile(path) as archive:
            return archive.namelist() == [f"{name}.npy" for name in ARRAYS]
    except BadZipFile:
        return False
