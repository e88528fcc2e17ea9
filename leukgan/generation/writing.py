"""A folder of drawn images: PNG files with a manifest, or one npz file; repeatable to the byte."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np

from leukgan.data.images import png_bytes
from leukgan.errors import InputError
from leukgan.generation.earlier import ARRAYS, COLUMNS, IMAGES, UNFINISHED, delete, earlier_files
from leukgan.generation.folder import MANIFEST
from leukgan.generation.seeded_samples import Drawing, Frame
from leukgan.run_folder.files import check_space, write_atomic


def write_drawing(
    drawing: Drawing, folder: Path, *, kind: str = "png", on_image: Callable[[], None] = lambda: None
) -> Path:
    """Draw images into a folder in place of an earlier drawing's, without holding more than a batch in memory.

    Args:
        drawing: What to draw.
        folder: That gets the files, and loses those of an earlier drawing.
        kind: png: a file an image and manifest.csv, which comes last; npz: images.npz, whole or absent.
        on_image: Called after each image.

    Returns:
        The path of the result.

    Raises:
        InputError: The kind is unknown, the disk is too small, or the folder holds files that no drawing has left.
    """
    if kind not in WRITERS:
        raise InputError(f"format must be {' or '.join(WRITERS)}, got {kind!r}.")
    earlier = earlier_files(folder)
    check_space(folder, 10 + len(drawing) * (3 * drawing.image_size**2 + 1000) / 2**20)
    folder.mkdir(parents=True, exist_ok=True)
    delete(earlier)
    return WRITERS[kind](drawing, folder, on_image)


def write_png(drawing: Drawing, folder: Path, on_image: Callable[[], None]) -> Path:
    """Write a PNG file an image; each is listed before it is written, so that a later drawing knows it as ours."""
    with (folder / UNFINISHED).open("w") as manifest:
        manifest.write(",".join(COLUMNS) + "\n")
        for frame, pixels in drawing:
            data = png_bytes(pixels)
            manifest.write(row_of(drawing, frame, hashlib.sha256(data).hexdigest()))
            manifest.flush()
            write_atomic(folder / f"{frame.name}.png", data)
            on_image()
        os.fsync(manifest.fileno())
    (folder / UNFINISHED).replace(folder / MANIFEST)
    return folder


def row_of(drawing: Drawing, frame: Frame, digest: str) -> str:
    """An image's line in the manifest."""
    label = "" if drawing.label is None else drawing.label
    place = (f"{frame.name}.png", frame.seed, frame.to_seed, frame.part)
    return ",".join(map(str, (*place, label, drawing.truncation, digest, drawing.checkpoint))) + "\n"


def write_npz(drawing: Drawing, folder: Path, on_image: Callable[[], None]) -> Path:
    """Write all images into one file, aside first; its members carry no time."""
    aside = folder / f".{IMAGES}.part"
    shape = (len(drawing), 3, drawing.image_size, drawing.image_size)
    frames = []
    try:
        with aside.open("wb") as file:
            with ZipFile(file, "w") as archive:
                with archive.open(ZipInfo("images.npy"), "w", force_zip64=True) as member:
                    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(member, header)
                    for frame, pixels in drawing:
                        frames.append(frame)
                        member.write(np.ascontiguousarray(pixels).tobytes())
                        on_image()
                arrays = arrays_of(drawing, frames)
                for name in ARRAYS[1:]:
                    with archive.open(ZipInfo(f"{name}.npy"), "w") as member:
                        np.lib.format.write_array(member, arrays[name], allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(folder / IMAGES)
    finally:
        aside.unlink(missing_ok=True)
    return folder / IMAGES


def arrays_of(drawing: Drawing, frames: list[Frame]) -> dict[str, np.ndarray]:
    """What images.npz says of its images."""
    return {
        "seeds": np.array([frame.seed for frame in frames], np.int64),
        "to_seeds": np.array([frame.to_seed for frame in frames], np.int64),
        "parts": np.array([frame.part for frame in frames], np.float64),
        "label": np.array([] if drawing.label is None else [drawing.label], np.int64),
        "truncation": np.array(drawing.truncation),
        "checkpoint": np.array(drawing.checkpoint),
    }


WRITERS = {"png": write_png, "npz": write_npz}
