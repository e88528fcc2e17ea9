"""The images of seeds as files: PNG files with a manifest, or one npz file.

An image is listed in a manifest under its temporary name before it is written, and the manifest gets its own name last.
So a manifest.csv stands for a whole folder, and its hashes tell our files from other people's.
"""

import csv
import hashlib
import os
import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np

from leukgan.data.images import png_bytes
from leukgan.errors import InputError
from leukgan.generation.seeded_samples import SeededSamples
from leukgan.presentation.console import Progress, silent
from leukgan.run_folder.files import check_space, sha256_of, write_atomic
from leukgan.run_folder.paths import MANIFEST

UNFINISHED = f".{MANIFEST}.part"  # the manifest while images are still missing
ARCHIVE = "images.npz"
COLUMNS = ("image", "seed", "to_seed", "part", "label", "truncation", "sha256", "checkpoint")
ARRAYS = ("images", "seeds", "to_seeds", "parts", "label", "truncation", "checkpoint")
TEMPORARY = re.compile(r"\.(seed_\d{5,}(_to_\d{5,}_step_\d{2,})?\.png|images\.npz)(\.\d+)?\.part")


def write_samples(samples: SeededSamples, folder: Path, *, kind: str = "png", progress: Progress = silent) -> Path:
    """Write the images of seeds into a folder, in place of those of an earlier call; repeatable to the byte.

    As png each image is a file, written as it is sampled, and manifest.csv comes last; as npz all are in images.npz.

    Returns:
        The folder for png, the file for npz.

    Raises:
        InputError: The kind is unknown, the disk is too small, or the folder holds files of another origin.
    """
    if kind not in WRITERS:
        raise InputError(f"format must be {' or '.join(WRITERS)}, got {kind!r}.")
    earlier = _earlier_files(folder)
    check_space(folder, 10 + len(samples) * (3 * samples.image_size**2 + 1000) / 2**20)

    # The manifest goes last and as an unfinished one: a kill leaves nothing that looks whole or is not recognised.
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / MANIFEST).exists():
        (folder / MANIFEST).replace(folder / UNFINISHED)
    for path in [*earlier, folder / UNFINISHED]:
        path.unlink(missing_ok=True)
    return WRITERS[kind](samples, folder, progress)


def _write_png(samples: SeededSamples, folder: Path, progress: Progress) -> Path:
    label = "" if samples.label is None else samples.label
    with (folder / UNFINISHED).open("w") as manifest:
        rows = csv.writer(manifest, lineterminator="\n")
        rows.writerow(COLUMNS)
        for done, (frame, pixels) in enumerate(samples, start=1):
            data, name = png_bytes(pixels), f"{frame.name}.png"
            origin = (name, frame.seed, frame.to_seed, frame.part, label, samples.truncation)
            rows.writerow((*origin, hashlib.sha256(data).hexdigest(), samples.checkpoint))
            manifest.flush()
            write_atomic(folder / name, data)
            progress(f"image {done} of {len(samples)}", done, len(samples))
        os.fsync(manifest.fileno())

    (folder / UNFINISHED).replace(folder / MANIFEST)
    return folder


def _write_npz(samples: SeededSamples, folder: Path, progress: Progress) -> Path:
    frames, images = [], []
    for done, (frame, pixels) in enumerate(samples, start=1):
        frames.append(frame)
        images.append(pixels)
        progress(f"image {done} of {len(samples)}", done, len(samples))

    archive = BytesIO()
    np.savez_compressed(
        archive,
        images=np.stack(images),
        seeds=np.array([frame.seed for frame in frames], np.int64),
        to_seeds=np.array([frame.to_seed for frame in frames], np.int64),
        parts=np.array([frame.part for frame in frames], np.float64),
        label=np.array([] if samples.label is None else [samples.label], np.int64),
        truncation=np.array(samples.truncation),
        checkpoint=np.array(samples.checkpoint),
    )
    write_atomic(folder / ARCHIVE, archive.getvalue())
    return folder / ARCHIVE


WRITERS = {"png": _write_png, "npz": _write_npz}


def _earlier_files(folder: Path) -> list[Path]:
    """All files of a folder that holds nothing but an earlier call's files, finished or stopped.

    Raises:
        InputError: The path is a file, or the folder holds a file of another origin or one that was changed.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output={folder} is a file; give a folder.")

    manifests = [folder / name for name in (MANIFEST, UNFINISHED) if (folder / name).is_file()]
    listed = {row["image"]: row["sha256"] for path in manifests for row in _manifest_rows(path) or ()}
    files = sorted(folder.iterdir()) if folder.exists() else []
    for path in files:
        if not _is_ours(path, listed):
            raise InputError(
                f"output={folder} holds {path.name}, which is not as an earlier generate.py has left it; "
                "give an empty folder."
            )
    return [path for path in files if path.name not in (MANIFEST, UNFINISHED)]


def _is_ours(path: Path, listed: Mapping[str, str]) -> bool:
    """Whether `write_samples` wrote this file and nobody has changed it since."""
    if not path.is_file():
        return False
    if path.name in (MANIFEST, UNFINISHED):
        return _manifest_rows(path) is not None
    if path.name == ARCHIVE:
        return _is_archive(path)
    return bool(TEMPORARY.fullmatch(path.name)) or listed.get(path.name) == sha256_of(path)


def _manifest_rows(path: Path) -> list[dict[str, str]] | None:
    """The rows of one of our manifests but a torn last one; None if the file is none."""
    header, *lines = path.read_text(errors="replace").splitlines() or [""]
    if header != ",".join(COLUMNS):
        return None
    rows = [line.split(",") for line in lines]
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows if len(row) == len(COLUMNS)]


def _is_archive(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            return archive.namelist() == [f"{name}.npy" for name in ARRAYS]
    except BadZipFile:
        return False
