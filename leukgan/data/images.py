"""Labelled cell images at rest: what every data source gives and every stage takes."""

import hashlib
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukgan.errors import InputError
from leukgan.presentation.console import Progress, silent
from leukgan.run_folder.files import write_atomic
from leukgan.run_folder.paths import CONDITIONAL

LONGEST = 60  # letters of a class's name, which is part of file names


@dataclass(frozen=True)
class CellImages:
    """Images of two classes, decoded and resized once.

    Attributes:
        images: uint8 (N, 3, H, W), RGB.
        labels: int64 (N,), 0 for the negative and 1 for the positive class.
        names: N unique names, such as file names.
        sha256: N hex digests of the sources (the file's bytes, or the pixels of a rendered image).
        classes: Names of the negative and the positive class.
        groups: N names of groups that no split may cross, such as patients; empty: each image is its own.
        parts: N parts, train, validation or test, where the source has some of its own; empty: it has none.
        kinds: N kinds of cells, such as the members of a class; empty: the source knows none but the classes.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    sha256: tuple[str, ...]
    classes: tuple[str, str]
    groups: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def load(self, cache: Path | None = None, progress: Progress = silent) -> "CellImages":
        """The images themselves, ready as they are; `ImageFiles.load` decodes files."""
        return self

    def part(self, indices: Sequence[int] | NDArray[np.int64]) -> "CellImages":
        """The images at `indices`, in that order."""
        chosen = [int(i) for i in indices]
        return CellImages(
            images=self.images[chosen],
            labels=self.labels[chosen],
            names=tuple(self.names[i] for i in chosen),
            sha256=tuple(self.sha256[i] for i in chosen),
            classes=self.classes,
            groups=tuple(self.groups[i] for i in chosen) if self.groups else (),
            parts=tuple(self.parts[i] for i in chosen) if self.parts else (),
            kinds=tuple(self.kinds[i] for i in chosen) if self.kinds else (),
        )

    def listed(self, entries: Iterable[Mapping[str, Any]]) -> "CellImages":
        """The images that some entries of a split.json name, found by name and hash."""
        places = {key: place for place, key in enumerate(zip(self.names, self.sha256, strict=True))}
        return self.part([places[entry["image"], entry["sha256"]] for entry in entries])

    def of_class(self, label: int) -> "CellImages":
        return self.part(np.flatnonzero(self.labels == label))

    def fingerprint(self) -> str:
        """One sha256 over names, labels, sources and pixels; groups, parts and kinds show in the split."""
        digest = hashlib.sha256()
        for name, label, source in zip(self.names, self.labels, self.sha256, strict=True):
            digest.update(f"{name}\t{label}\t{source}\n".encode())
        digest.update(np.ascontiguousarray(self.images).tobytes())
        return digest.hexdigest()


def join(parts: Sequence[CellImages]) -> CellImages:
    """The images of several parts, one part after the other; parts and kinds if all have them."""
    grouped = any(part.groups for part in parts)
    all_have_parts = all(len(part.parts) == len(part) for part in parts)
    all_have_kinds = all(len(part.kinds) == len(part) for part in parts)

    return CellImages(
        images=np.concatenate([part.images for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        names=tuple(name for part in parts for name in part.names),
        sha256=tuple(source for part in parts for source in part.sha256),
        classes=parts[0].classes,
        groups=tuple(group for part in parts for group in part.groups or part.names) if grouped else (),
        parts=tuple(source for part in parts for source in part.parts) if all_have_parts else (),
        kinds=tuple(kind for part in parts for kind in part.kinds) if all_have_kinds else (),
    )


def hash_pixels(images: NDArray[np.uint8]) -> tuple[str, ...]:
    """The sha256 of each image's pixels, for images (N, 3, H, W) that have no files."""
    return tuple(hashlib.sha256(image.tobytes()).hexdigest() for image in images)


def check_image_size(image_size: int) -> int:
    """The size itself, if the networks exist for it."""
    if image_size not in (32, 64, 128, 256):
        raise InputError(f"data.image_size must be a power of two from 32 to 256, got {image_size!r}; use 64 or 128.")
    return image_size


def check_classes(classes: Sequence[str]) -> tuple[str, str]:
    """The two class names, negative first, usable as folder names, with accents in one encoding."""
    given = (classes,) if isinstance(classes, str) else classes
    names = tuple(unicodedata.normalize("NFC", str(name)) for name in given)
    if len(names) != 2 or len({name.casefold() for name in names}) != 2 or not all(map(is_folder_name, names)):
        raise InputError(
            f"data.classes must be two different names of letters, digits, '-' and '_', negative first, none of them "
            f"'conditional' or longer than {LONGEST}, got {names}; rename folders or labels, "
            "and write for example 'data.classes=[healthy,leukemia]'."
        )
    return names[0], names[1]


def is_folder_name(name: str) -> bool:
    """Whether a kind of cells has a name that its GAN's folder can bear."""
    plain = name.replace("_", "").replace("-", "")
    return plain.isalnum() and len(name) <= LONGEST and name != CONDITIONAL


def write_images(images: CellImages, folder: Path) -> None:
    """Write images as PNG files, each in its class's folder, numbered and with the name of its source.

    Raises:
        InputError: The folder holds other files.
    """
    files = {
        folder / images.classes[label] / f"{number:05d}_{Path(name).stem}.png": pixels
        for number, (pixels, label, name) in enumerate(zip(images.images, images.labels, images.names, strict=True))
    }
    others = sorted(path for path in folder.rglob("*") if path.is_file() and path not in files)
    if others:
        raise InputError(
            f"output={folder} holds {others[0].relative_to(folder)}, which is none of these images; "
            "give an empty folder."
        )
    for path, pixels in files.items():
        write_atomic(path, png_bytes(pixels))


def png_bytes(image: NDArray[np.uint8]) -> bytes:
    """An image uint8 (3, H, W) as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(buffer, format="PNG")
    return buffer.getvalue()
