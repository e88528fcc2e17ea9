"""Which images belong together and stay on one side of a split: repeats, one photograph, one patient."""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from leukgan.data.images import CellImages
from leukgan.errors import InputError


def grouped(images: CellImages, repeats: Sequence[tuple[int, int]] = (), block: int | None = None) -> CellImages:
    """The images with the groups that no split may cross, each named after its first image.

    Images form a group if they share their source, a group of the data's own, a pair of `repeats` or a block, directly
    or through other images. `repeats` are pairs of indices of images that show the same; `block` is the number of
    consecutive images that may be from one photograph.

    Raises:
        InputError: Images that show the same have different labels, or a name without a number if there are blocks.
    """
    for first, second in (*neighbours(images.sha256), *repeats):
        if images.labels[first] != images.labels[second]:
            alike = images.sha256[first] != images.sha256[second]
            otherwise = ", or set split.group_repeats=false if they are two cells that look alike" if alike else ""
            raise InputError(
                f"the images {images.names[first]} and {images.names[second]} show the same and have different labels; "
                f"remove the wrong one{otherwise}."
            )

    keys: list[Sequence[Hashable]] = [images.sha256, images.groups or images.names]
    if block is not None:
        keys.append(blocks(images.names, block))
    numbers = connect(len(images), keys, repeats)

    _, first_of, group = np.unique(numbers, return_index=True, return_inverse=True)
    return replace(images, groups=tuple(images.names[index] for index in first_of[group]))


def connect(count: int, keys: Iterable[Sequence[Hashable]], pairs: Iterable[tuple[int, int]] = ()) -> NDArray[np.int64]:
    """Group numbers (N,) of `count` items: items are together that are a pair or share one of their keys."""
    edges = np.array([*pairs, *(pair for key in keys for pair in neighbours(key))], np.int64).reshape(-1, 2)
    links = coo_array((np.ones(len(edges)), tuple(edges.T)), shape=(count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)


def neighbours(keys: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of indices that connect all images of equal key."""
    last: dict[Hashable, int] = {}
    pairs = []
    for index, key in enumerate(keys):
        if key in last:
            pairs.append((last[key], index))
        last[key] = index
    return pairs


def blocks(names: Sequence[str], size: int) -> list[tuple[str, int]]:
    """The block of each image: its folder, and the first number in its file's name, from 1, divided by `size`."""
    found = []
    for name in names:
        path = PurePosixPath(name)
        number = re.search(r"\d+", path.stem)
        if number is None:
            raise InputError(f"split.group_blocks={size} needs a number in every name, {name} has none; leave it out.")
        found.append((str(path.parent), (int(number.group()) - 1) // size))
    return found
