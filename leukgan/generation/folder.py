"""A study's folder of generated images of one class: PNG files and, written last, their manifest."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from leukgan.data.images import CellImages, png_bytes
from leukgan.errors import InputError, command_line
from leukgan.run_folder.files import read_rows, sha256_of, write_atomic
from leukgan.run_folder.paths import MANIFEST


def write_generated(
    pool: NDArray[np.uint8],
    chosen: NDArray[np.int64],
    folder: Path,
    *,
    class_name: str,
    label: int,
    origin: pd.DataFrame,
) -> Path:
    """Write the selected images of a study; their indices into the pool uint8 (N, 3, H, W) number the files.

    PNG files of an earlier run are deleted. Columns of `origin` tell where each selected image is from: seed of the
    latents and checkpoint (its sha256), or of another generator's image source, its file's name, and source_sha256.

    Returns:
        Path of the manifest: a csv with image, class, label, index, sha256 (of the file), and the origin.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in [folder / MANIFEST, *folder.glob("*.png")]:
        old.unlink(missing_ok=True)

    rows = []
    for index in chosen.tolist():
        data = png_bytes(pool[index])
        name = f"{class_name}_{index:05d}.png"
        write_atomic(folder / name, data)
        digest = hashlib.sha256(data).hexdigest()
        rows.append({"image": name, "class": class_name, "label": label, "index": index, "sha256": digest})

    table = pd.concat([pd.DataFrame(rows), origin.reset_index(drop=True)], axis=1)
    write_atomic(folder / MANIFEST, table.to_csv(index=False))
    return folder / MANIFEST


def read_generated(folder: Path, *, classes: tuple[str, str]) -> CellImages:
    """The images that a folder's manifest lists, each checked against its hash.

    Raises:
        InputError: The manifest or an image is missing, or an image has changed since it was generated.
    """
    if not (folder / MANIFEST).exists():
        raise InputError(f"{folder} has no {MANIFEST}; run {command_line('generate')} first.")

    table = read_rows(folder / MANIFEST)
    for name, digest in zip(table["image"], table["sha256"], strict=True):
        if not (folder / name).exists() or sha256_of(folder / name) != digest:
            raise InputError(f"{folder / name} is missing or not the image that was generated; delete the folder.")

    pixels = [np.asarray(Image.open(folder / name).convert("RGB")).transpose(2, 0, 1) for name in table["image"]]
    return CellImages(
        images=np.stack(pixels),
        labels=table["label"].to_numpy(np.int64),
        names=tuple(table["image"]),
        sha256=tuple(table["sha256"]),
        classes=classes,
    )
