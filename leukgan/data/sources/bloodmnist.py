"""BloodMNIST (Yang et al., 2023): 17,092 normal blood cells of eight classes, for many test images.

Small training sets drawn from its training part and its thousands of test images show small gains.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from leukgan.data.decoding import resize_to_square
from leukgan.data.images import CellImages, check_classes, check_image_size, hash_pixels
from leukgan.data.members import Members, labels_of_kinds
from leukgan.errors import InputError

CELLS = (
    *("basophil", "eosinophil", "erythroblast", "immature_granulocyte"),
    *("lymphocyte", "monocyte", "neutrophil", "platelet"),
)
SIZES = (28, 64, 128, 224)
PARTS = {"train": "train", "validation": "val", "test": "test"}  # our names and the package's


def load_bloodmnist(
    *,
    image_size: int,
    root: str | None = None,
    classes: Sequence[str] = ("lymphocyte", "monocyte"),
    members: Members | None = None,
    source_size: int | None = None,
    download: bool = True,
) -> CellImages:
    """Two classes of BloodMNIST, or two groups of its classes, with its own training, validation and test part.

    Args:
        image_size: Height and width to resize to.
        root: The folder of bloodmnist.npz, bloodmnist_64.npz and so on; ~/.medmnist by default.
        classes: The negative and the positive class.
        members: The cells of each class that has another name or several: {name: [cell, ...]}, and '*' for all that
            the other class does not name.
        source_size: Height and width of the images that are read; by default the smallest from `image_size` up.
        download: Whether a missing file is downloaded.

    Raises:
        InputError: The package medmnist or the file is missing, or a class is none of the eight.
    """
    check_image_size(image_size)
    names = check_classes(classes)

    label_of = labels_of_kinds(names, members, CELLS, "BloodMNIST has the classes")

    if source_size is None:
        source_size = next((size for size in SIZES if size >= image_size), SIZES[-1])
    if source_size not in SIZES:
        raise InputError(f"data.source_size must be one of {', '.join(map(str, SIZES))}, got {source_size}.")

    images, labels, parts, image_names = [], [], [], []
    for part, theirs in PARTS.items():
        pictures, kinds = _read(theirs, root, source_size, download)
        for position, cell in enumerate(CELLS[kind] for kind in kinds):
            if cell in label_of:
                images.append(resize_to_square(pictures[position], image_size))
                labels.append(label_of[cell])
                parts.append(part)
                image_names.append(f"{part}-{position:05d}-{cell}")

    pixels = np.stack(images)
    return CellImages(
        images=pixels,
        labels=np.array(labels, dtype=np.int64),
        names=tuple(image_names),
        sha256=hash_pixels(pixels),
        classes=names,
        parts=tuple(parts),
    )


def _read(part: str, root: str | None, size: int, download: bool) -> tuple[Any, Any]:
    """One part as the package medmnist gives it: uint8 (N, S, S, 3) and classes (N,)."""
    try:
        import medmnist
    except ImportError:
        raise InputError(
            "data=bloodmnist needs the package medmnist: pip install medmnist, or pip install -e '.[bloodmnist]' in "
            "leukgan's folder."
        ) from None

    folder = Path(root or "~/.medmnist").expanduser()
    file = folder / f"bloodmnist{'' if size == 28 else f'_{size}'}.npz"
    if not folder.is_dir():
        raise InputError(f"data.root={folder} is not a folder; make it, or give the one that holds {file.name}.")

    # The package answers a missing file and a damaged one by errors of several kinds.
    try:
        data = medmnist.BloodMNIST(split=part, root=str(folder), size=size, download=download and not file.exists())
    except RuntimeError as error:
        raise InputError(
            f"{file} is missing and could not be downloaded; get it from the page of MedMNIST, and give its folder as "
            "data.root."
        ) from error
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{file} is not the file of MedMNIST ({reason}); remove it to download it again.") from error
    return data.imgs, data.labels.reshape(-1)
