"""Data sets of MedMNIST (Yang et al., 2023) with their own training, validation and test part.

Small training sets drawn from a large training part and thousands of test images show small gains.
"""

import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from leukgan.data.decoding import resize_to_square
from leukgan.data.images import CellImages, check_classes, check_image_size, hash_pixels
from leukgan.data.members import Members, labels_of_kinds
from leukgan.errors import InputError
from leukgan.home import expand_home

SIZES = (28, 64, 128, 224)
PARTS = {"train": "train", "validation": "val", "test": "test"}  # our names and the package's


def load_medmnist(
    *,
    image_size: int,
    flag: str,
    root: str | None = None,
    classes: Sequence[str] | None = None,
    members: Members | None = None,
    source_size: int | None = None,
    download: bool = True,
) -> CellImages:
    """Two kinds of images of one of MedMNIST's sets, or two groups of its kinds; grey images become colours.

    Args:
        image_size: Height and width to resize to: 32, 64, 128 or 256.
        flag: The set, such as bloodmnist, breastmnist or pneumoniamnist: one of images with one label each.
        root: The folder of <flag>.npz, <flag>_64.npz and so on; ~/.medmnist by default.
        classes: The negative and the positive class.
        members: The kinds of each class that has another name or several: {name: [kind, ...]}, and '*' for all that
            the other class does not name.
        source_size: Height and width of the images that are read: 28, 64, 128 or 224; by default the smallest from
            `image_size` up.
        download: Whether a missing file is downloaded.

    Raises:
        InputError: The package medmnist or the file is missing, or the set or a class does not exist.
    """
    check_image_size(image_size)
    kinds, title = _kinds_of(flag)
    if classes is None:
        raise InputError(
            f"{title} has the classes {', '.join(kinds)}; write which two are the classes, negative first, as in "
            f"'data.classes=[{kinds[0]},{kinds[1]}]'."
        )
    names = check_classes(classes)
    label_of = labels_of_kinds(names, members, kinds, f"{title} has the classes")
    if source_size is None:
        source_size = next((size for size in SIZES if size >= image_size), SIZES[-1])
    if source_size not in SIZES:
        raise InputError(f"data.source_size must be one of {', '.join(map(str, SIZES))}, got {source_size}.")

    images, labels, parts, image_names, kinds_of_images = [], [], [], [], []
    for part, theirs in PARTS.items():
        pictures, numbers = _read(flag, theirs, root, source_size, download)
        for position, kind in enumerate(kinds[number] for number in numbers):
            if kind in label_of:
                images.append(resize_to_square(pictures[position], image_size))
                labels.append(label_of[kind])
                parts.append(part)
                image_names.append(f"{part}-{position:05d}-{kind}")
                kinds_of_images.append(kind)

    pixels = np.stack(images)
    return CellImages(
        images=pixels,
        labels=np.array(labels, dtype=np.int64),
        names=tuple(image_names),
        sha256=hash_pixels(pixels),
        classes=names,
        parts=tuple(parts),
        kinds=tuple(kinds_of_images),
    )


def _kinds_of(flag: str) -> tuple[tuple[str, ...], str]:
    """The names of a set's kinds of images in the order of their labels, and the set's own name."""
    known = {
        name: info
        for name, info in _package().INFO.items()
        if not name.endswith("3d") and not info["task"].startswith("multi-label")
    }
    if flag not in known:
        raise InputError(f"data.flag must be {', '.join(sorted(known))}, got {flag!r}.")
    labels = known[flag]["label"]
    names = tuple(_plain(labels[str(number)]) for number in range(len(labels)))
    return names, str(known[flag]["python_class"])


def _plain(label: str) -> str:
    """A label of MedMNIST as a name without blanks: immature granulocytes(myelocytes, ...) is immature_granulocyte."""
    name = re.sub(r"\W+", "_", label.partition("(")[0]).strip("_").lower()
    return {"immature_granulocytes": "immature_granulocyte"}.get(name, name)


def _package() -> Any:
    try:
        import medmnist
    except ImportError:
        raise InputError(
            "data=medmnist and data=bloodmnist need the package medmnist: pip install medmnist, or pip install -e "
            "'.[medmnist]' in leukgan's folder."
        ) from None
    return medmnist


def _read(flag: str, part: str, root: str | None, size: int, download: bool) -> tuple[Any, Any]:
    """One part of a set: uint8 (N, S, S, 3) and labels (N,)."""
    package = _package()
    folder = expand_home(root or "~/.medmnist")
    file = folder / f"{flag}{'' if size == 28 else f'_{size}'}.npz"
    if not folder.is_dir():
        raise InputError(f"data.root={folder} is not a folder; make it, or give the one that holds {file.name}.")

    # The package answers a missing file and a damaged one by errors of several kinds.
    constructor = getattr(package, package.INFO[flag]["python_class"])
    try:
        data = constructor(split=part, root=str(folder), size=size, download=download and not file.exists())
        pictures, labels = np.asarray(data.imgs), np.asarray(data.labels).reshape(-1)
    except RuntimeError as error:
        raise InputError(
            f"{file} is missing and could not be downloaded; get it from the page of MedMNIST, and give its folder as "
            "data.root."
        ) from error
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{file} is not the file of MedMNIST ({reason}); remove it to download it again.") from error
    return (pictures if pictures.ndim == 4 else np.repeat(pictures[..., None], 3, axis=3)), labels
