"""From a data source to the images of a study: decoded, and with the groups that no split may cross."""

import hashlib
import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from numpy.typing import NDArray

from leukgan.data.decoding import RULES, Range, decode, read, resize_to_square
from leukgan.data.duplicates import RULES as DUPLICATE_RULES
from leukgan.data.duplicates import near_duplicates
from leukgan.data.groups import grouped
from leukgan.data.images import CellImages
from leukgan.data.plausible import check_values
from leukgan.errors import InputError
from leukgan.presentation.console import Progress, silent
from leukgan.run_folder.files import write_atomic

MINMAX, STORED = "minmax", "stored"
LEVELS: dict[str, Range | None] = {  # rules for stored values; which of them become 0 and 255
    STORED: None,
    **{f"{bits}bit": (0, 2**bits - 1) for bits in (10, 12, 14)},
    MINMAX: None,  # the smallest and the largest of all files
}


@dataclass(frozen=True)
class ImageFile:
    """One image's file."""

    path: Path
    name: str  # in every table
    label: int  # 0 for the negative and 1 for the positive class
    group: str  # the data's own group that no split may cross, such as a patient; the name if there is none
    kind: str = ""  # of cells, such as a member of the class; nothing if none is known but the class


@dataclass(frozen=True)
class ImageFiles:
    """A data set as files that are still to be decoded."""

    files: tuple[ImageFile, ...]  # in the order of their names
    classes: tuple[str, str]  # negative first
    image_size: int  # height and width to resize to
    where: str  # their origin, in the words of the settings, such as data.root=cells
    ignored: tuple[str, ...] = ()  # names of the files beside them that are not used
    levels: str | Range | None = None  # one of LEVELS or the stored values that become 0 and 255; None: as stored, if
    # that looks like pictures of cells
    chosen: bool = False  # whether the user has told which files show the cells

    def load(self, cache: Path | None = None, progress: Progress = silent) -> CellImages:
        """All images of both classes, each decoded and resized once.

        Raises:
            InputError: One class only, or what `decoded` raises.
        """
        labels = {file.label for file in self.files}
        if missing := [name for label, name in enumerate(self.classes) if label not in labels]:
            raise InputError(
                f"{self.where} has images of one class only, none of {missing[0]} among {len(self.files)}; "
                "both are needed."
            )
        return self.decoded(cache, progress)

    def decoded(self, cache: Path | None = None, progress: Progress = silent) -> CellImages:
        """All images, also of one class, each decoded and resized once; without a folder of the cache none is kept.

        Raises:
            InputError: A file can't be read or is no image.
        """
        sha256 = [hashlib.sha256(read(file.path)).hexdigest() for file in self.files]
        levels = self.range_of_levels()
        key = f"images {self.image_size} rules {RULES} {levels or ''} pillow {PIL.__version__} {' '.join(sha256)}"

        def pixels() -> NDArray[np.uint8]:
            images = np.empty((len(self.files), 3, self.image_size, self.image_size), np.uint8)
            for position, file in enumerate(self.files):  # read again, as thousands of files do not fit the memory
                images[position] = resize_to_square(decode(read(file.path), file.path, levels).pixels, self.image_size)
                progress(f"reading image {position + 1} of {len(self.files)}", position + 1, len(self.files))
            return images

        return self.as_images(self.files, cached(cache, key, pixels), sha256)

    def range_of_levels(self) -> Range | None:
        """The stored values that become 0 and 255, by one rule for all files; None: the upper eight bits are kept."""
        if isinstance(self.levels, tuple):
            return self.levels
        if self.levels != MINMAX:
            return LEVELS[self.levels or STORED]

        ranges = []
        for file in self.files:
            with suppress(InputError):  # which decoding it raises again
                ranges.append(decode(read(file.path), file.path).range)
        return min((low for low, _ in ranges), default=0), max((high for _, high in ranges), default=255)

    def as_images(self, files: Sequence[ImageFile], pixels: NDArray[np.uint8], sha256: Sequence[str]) -> CellImages:
        """The images of some of the files from their pixels uint8 (N, 3, H, W) and the hashes of their bytes."""
        return CellImages(
            images=pixels,
            labels=np.array([file.label for file in files], dtype=np.int64),
            names=tuple(file.name for file in files),
            sha256=tuple(sha256),
            classes=self.classes,
            groups=tuple(file.group for file in files),
            kinds=tuple(file.kind for file in files) if any(file.kind for file in files) else (),
        )


def load_grouped(
    source: CellImages | ImageFiles,
    *,
    repeats: bool,
    block: int | None,
    cache: Path | None = None,
    progress: Progress = silent,
) -> CellImages:
    """The images of a data source with the groups that no split may cross.

    With `repeats`, images that show the same form a group, also if rotated, mirrored or compressed again; with `block`,
    so many consecutive images do.

    Raises:
        InputError: The images can't be read or do not look like cells, or two show the same and have different labels.
    """
    images = source.load(cache, progress)
    check_values_of(source, images)
    words = f"looking for images that show the same among {len(images)}"
    progress(words)
    return grouped(images, repeats_in(images, cache, partial(progress, words)) if repeats else (), block)


def check_values_of(source: CellImages | ImageFiles, images: CellImages) -> None:
    """Refuse images of a source whose values are no picture of a cell's, unless the source's settings say otherwise."""
    if isinstance(source, ImageFiles):
        check_values(images.images, images.names, source.where, levels=source.levels, chosen=source.chosen)
    else:
        check_values(images.images, images.names, "the data", levels=None, chosen=False)


def repeats_in(
    images: CellImages, cache: Path | None = None, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[tuple[int, int]]:
    """Pairs of indices of images that show the same; see `near_duplicates`, which `progress` is for."""
    key = f"repeats rules {DUPLICATE_RULES} images {hashlib.sha256(images.images.tobytes()).hexdigest()}"

    def found() -> NDArray[np.int64]:
        pairs = [(pair.first, pair.second) for pair in near_duplicates(images.images, progress)]
        return np.array(pairs, dtype=np.int64).reshape(-1, 2)

    return [(int(first), int(second)) for first, second in cached(cache, key, found)]


def cached(folder: Path | None, key: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """The cached array for `key`, which is everything that decides it; computed by `make` and stored on a miss.

    A damaged file is a miss. Two processes at once do no harm: a file is whole or absent, and both write the same.
    Without a folder nothing is stored.
    """
    if folder is None:
        return make()

    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npy"
    digest, _, data = path.read_bytes().partition(b"\n") if path.exists() else (b"", b"", b"")
    if digest and digest == hashlib.sha256(data).hexdigest().encode():
        found: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
        return found

    array = make()
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    data = buffer.getvalue()
    write_atomic(path, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
    return array
