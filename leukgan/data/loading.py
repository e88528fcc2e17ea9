"""From a data source to the images of a study: decoded, and with the groups that no split may cross."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukgan.data.cache import kept
from leukgan.data.duplicates import RULES, near_duplicates
from leukgan.data.files import ImageFiles
from leukgan.data.groups import grouped
from leukgan.data.images import CellImages


def source_name(target: str) -> str:
    """What a source is called that a function of `leukgan.data` gives: its module's name, such as all_idb2."""
    return target.split(".")[-2]


def load(
    source: CellImages | ImageFiles, cache: Path | None = None, show: Callable[[str], None] = lambda words: None
) -> CellImages:
    """The images of a data source, which gives them or the files that hold them.

    Args:
        source: What a function of the group `data` returns.
        cache: A folder where decoded images are kept for the next time.
        show: Told in a few words how far it is.
    """
    if isinstance(source, CellImages):
        return source
    return source.load(cache, lambda done: show(f"reading image {done} of {len(source.files)}"))


def load_grouped(
    source: CellImages | ImageFiles,
    *,
    repeats: bool,
    block: int | None,
    cache: Path | None = None,
    show: Callable[[str], None] = lambda words: None,
) -> CellImages:
    """As `load`, with the groups that no split may cross.

    Args:
        source: What a function of the group `data` returns.
        repeats: Whether images that show the same are together, also turned or compressed anew.
        block: Images whose numbers lie in one block of so many are together; None: no blocks.
        cache: A folder for what need not be made twice.
        show: Told in a few words what is being done.

    Raises:
        InputError: The images can't be read, or two show the same and have different labels.
    """
    images = load(source, cache, show)
    show(f"looking for images that show the same among {len(images)}")
    return grouped(images, repeats_in(images, cache) if repeats else (), block)


def repeats_in(images: CellImages, cache: Path | None = None) -> list[tuple[int, int]]:
    """Pairs of indices of images that show the same; see `near_duplicates`."""
    key = f"repeats rules {RULES} images {hashlib.sha256(images.images.tobytes()).hexdigest()}"

    def found() -> NDArray[np.int64]:
        pairs = [(pair.first, pair.second) for pair in near_duplicates(images.images)]
        return np.array(pairs, dtype=np.int64).reshape(-1, 2)

    return [(int(first), int(second)) for first, second in kept(cache, key, found)]
