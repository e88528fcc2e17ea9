"""A folder of generated images of one class, read back by its manifest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from leukgan.data.images import CellImages
from leukgan.errors import InputError
from leukgan.run_folder.files import sha256_of
from leukgan.run_folder.paths import MANIFEST


def read_generated(folder: Path, *, classes: tuple[str, str]) -> CellImages:
    """The images that a folder's manifest lists, each checked against its hash.

    Raises:
        InputError: The manifest or an image is missing, or an image has changed since it was generated.
    """
    manifest = folder / MANIFEST
    if not manifest.exists():
        raise InputError(f"{folder} has no {MANIFEST}; run experiments/generate.py first.")

    table = pd.read_csv(manifest)
    for name, source in zip(table["image"], table["sha256"], strict=True):
        if not (folder / name).exists() or sha256_of(folder / name) != source:
            raise InputError(f"{folder / name} is missing or not the image that was generated; delete the folder.")

    pixels = [np.asarray(Image.open(folder / name).convert("RGB")).transpose(2, 0, 1) for name in table["image"]]
    return CellImages(
        images=np.stack(pixels),
        labels=table["label"].to_numpy(np.int64),
        names=tuple(table["image"]),
        sha256=tuple(table["sha256"]),
        classes=classes,
    )
