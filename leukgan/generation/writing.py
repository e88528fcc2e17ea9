"""Generated images as files: PNG files with a manifest, or one npz file.

An image is listed in a manifest under its temporary name before it is written, and the manifest gets its own name last.
So a manifest.csv stands for a whole folder, and every file of ours can be told from other people's by its hash.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.images import png_bytes
from leukgan.errors import InputError
from leukgan.generation.folder import MANIFEST
from leukgan.generation.seeded_samples import Frame, SeededSamples
from leukgan.run_folder.files import check_space, sha256_of, write_atomic

UNFINISHED = f".{MANIFEST}.part"  # the manifest while images are still missing
ARCHIVE = "images.npz"
COLUMNS = ("image", "seed", "to_seed", "part", "label", "truncation", "sha256", "checkpoint")
ARRAYS = ("images", "seeds", "to_seeds", "parts", "label", "truncation", "checkpoint")
TEMPORARY = re.compile(r"\.(seed_\d{5,}(_to_\d{5,}_step_\d{2,})?\.png|images\.npz)(\.\d+)?\.part")


def write_generated(
    pool: NDArray[np.uint8],
    chosen: NDArray[np.int64],
    folder: Path,
    *,
    seed: int,
    class_name: str,
    label: int,
    checkpoint: str,
) -> Path:
    """Write the selected images of a study's GAN as PNG files, the manifest last.

    Args:
        pool: Images uint8 (N, 3, H, W) from the GAN.
        chosen: Indices into the pool, which also number the files.
        folder: Where the files go; PNG files of an earlier run are deleted.
        seed: Seed of the latents.
        class_name: The class that the GAN was trained on.
        label: The class's label.
        checkpoint: sha256 of the GAN's checkpoint.

    Returns:
        Path of the manifest: a csv with image, class, label, seed, index, sha256 (of the file), checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in [folder / MANIFEST, *folder.glob("*.png")]:
        old.unlink(missing_ok=True)

    rows = []
    for index in chosen.tolist():
        data = png_bytes(pool[index])
        name = f"{class_name}_{index:05d}.png"
        write_atomic(folder / name, data)
        source = hashlib.sha256(data).hexdigest()
        rows.append(
            {"image": name, "class": class_name, "label": label, "seed": seed, "index": index, "sha256": source}
        )

    write_atomic(folder / MANIFEST, pd.DataFrame(rows).assign(checkpoint=checkpoint).to_csv(index=False))
    return folder / MANIFEST


def write_samples(
    samples: SeededSamples, folder: Path, *, kind: str = "png", progress: Callable[[], None] = lambda: None
) -> Path:
    """Write the images of seeds into a folder, in place of those of an earlier call; repeatable to the byte.

    Args:
        samples: The images.
        folder: Where the files go.
        kind: png: one file per image, written as it is sampled, and manifest.csv last; npz: all in images.npz.
        progress: Called after each image.

    Returns:
        The folder for png, the file for npz.

    Raises:
        InputError: The kind is unknown, the disk is too small, or the folder holds files of another origin.
    """
    if kind not in WRITERS:
        raise InputError(f"format must be {' or '.join(WRITERS)}, got {kind!r}.")
    earlier = _earlier_files(folder)
    check_space(folder, 10 + len(samples) * (3 * samples.image_size**2 + 1000) / 2**20)

    folder.mkdir(parents=True, exist_ok=True)
    _delete(earlier)
    return WRITERS[kind](samples, folder, progress)


def _write_png(samples: SeededSamples, folder: Path, progress: Callable[[], None]) -> Path:
    with (folder / UNFINISHED).open("w") as manifest:
        manifest.write(",".join(COLUMNS) + "\n")
        for frame, pixels in samples:
            data = png_bytes(pixels)
            manifest.write(_manifest_line(samples, frame, hashlib.sha256(data).hexdigest()))
            manifest.flush()
            write_atomic(folder / f"{frame.name}.png", data)
            progress()
        os.fsync(manifest.fileno())

    (folder / UNFINISHED).replace(folder / MANIFEST)
    return folder


def _manifest_line(samples: SeededSamples, frame: Frame, digest: str) -> str:
    label = "" if samples.label is None else samples.label
    origin = (f"{frame.name}.png", frame.seed, frame.to_seed, frame.part)
    return ",".join(map(str, (*origin, label, samples.truncation, digest, samples.checkpoint))) + "\n"


def _write_npz(samples: SeededSamples, folder: Path, progress: Callable[[], None]) -> Path:
    frames, images = [], []
    for frame, pixels in samples:
        frames.append(frame)
        images.append(pixels)
        progress()

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
    """All files of a folder that holds nothing but an earlier call's files, finished or stopped; manifests come last.

    Raises:
        InputError: The path is a file, or the folder holds a file of another origin or one that was changed.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output={folder} is a file; give a folder.")

    listed = _listed_images(folder)
    files = sorted(folder.iterdir()) if folder.exists() else []
    for path in files:
        if not _is_ours(path, listed):
            raise InputError(
                f"output={folder} holds {path.name}, which is not as an earlier generate.py has left it; "
                "give an empty folder."
            )
    return sorted(files, key=lambda path: path.name in (MANIFEST, UNFINISHED))


def _delete(files: list[Path]) -> None:
    """Delete an earlier call's files; if it is stopped midway, the rest is still recognised, and as unfinished."""
    for path in files:
        if path.name == MANIFEST:
            path.replace(path.with_name(UNFINISHED))
    for path in files:
        path.with_name(UNFINISHED if path.name == MANIFEST else path.name).unlink(missing_ok=True)


def _listed_images(folder: Path) -> dict[str, str]:
    """Name and sha256 of the images that the folder's manifests list."""
    listed: dict[str, str] = {}
    for path in (folder / MANIFEST, folder / UNFINISHED):
        if _is_manifest(path):
            rows = [line.split(",") for line in path.read_text(errors="replace").splitlines()[1:]]
            listed |= {row[0]: row[COLUMNS.index("sha256")] for row in rows if len(row) == len(COLUMNS)}
    return listed


def _is_ours(path: Path, listed: Mapping[str, str]) -> bool:
    """Whether `write_samples` wrote this file and nobody has changed it since."""
    if not path.is_file():
        return False
    if path.name in (MANIFEST, UNFINISHED):
        return _is_manifest(path)
    if path.name == ARCHIVE:
        return _is_archive(path)
    return bool(TEMPORARY.fullmatch(path.name)) or listed.get(path.name) == sha256_of(path)


def _is_manifest(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open(errors="replace") as file:
        return file.readline(1000) == ",".join(COLUMNS) + "\n"


def _is_archive(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            return archive.namelist() == [f"{name}.npy" for name in ARRAYS]
    except BadZipFile:
        return False
