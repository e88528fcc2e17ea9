"""Image files of two classes that are still to be decoded, and how they become images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from leukgan.data.cache import kept
from leukgan.data.decoding import RULES, decode, read
from leukgan.data.images import CellImages
from leukgan.data.resizing import fit
from leukgan.errors import InputError


@dataclass(frozen=True)
class ImageFile:
    """One image's file.

    Attributes:
        path: Where it lies.
        name: What it is called in every table.
        label: 0 for the negative and 1 for the positive class.
        group: The data's own group that no split may cross, such as a patient; its name where there is none.
    """

    path: Path
    name: str
    label: int
    group: str


@dataclass(frozen=True)
class ImageFiles:
    """The files of a data set.

    Attributes:
        files: In the order of their names.
        classes: Names of the negative and the positive class.
        image_size: Height and width that the images are resized to.
        where: Where they are from, in the words of the settings, such as data.root=cells.
        ignored: Names of the files beside them that are left alone.
    """

    files: tuple[ImageFile, ...]
    classes: tuple[str, str]
    image_size: int
    where: str
    ignored: tuple[str, ...] = ()

    def load(self, cache: Path | None = None, on_image: Callable[[int], None] = lambda done: None) -> CellImages:
        """All images, each decoded and resized once.

        Args:
            cache: A folder where decoded images are kept for the next time.
            on_image: Told how many files have been decoded.

        Raises:
            InputError: One class only, or a file that can't be read or is no image.
        """
        labels = np.array([file.label for file in self.files], dtype=np.int64)
        for label, name in enumerate(self.classes):
            if label not in labels:
                raise InputError(
                    f"{self.where} has images of one class only, none of {name} among {len(labels)}; both are needed."
                )
        sha256 = tuple(hashlib.sha256(read(file.path)).hexdigest() for file in self.files)
        key = f"images {self.image_size} rules {RULES} pillow {PIL.__version__} {' '.join(sha256)}"

        def decoded() -> NDArray[np.uint8]:
            images = np.empty((len(self.files), 3, self.image_size, self.image_size), np.uint8)
            for position, file in enumerate(self.files):  # read again, as thousands of files do not fit the memory
                images[position] = fit(decode(read(file.path), file.path).pixels, self.image_size)
                on_image(position + 1)
            return images

        return CellImages(
            images=kept(cache, key, decoded),
            labels=labels,
            names=tuple(file.name for file in self.files),
            sha256=sha256,
            classes=self.classes,
            groups=tuple(file.group for file in self.files),
        )
