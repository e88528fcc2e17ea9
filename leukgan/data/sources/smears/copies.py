"""Planted duplicates: images that show another image's cell again, turned and photographed or saved once more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukgan.data.augmentation import rotate_flip
from leukgan.data.sources.smears.camera import compressed

COPIES = 3  # the stream of random numbers


@dataclass(frozen=True)
class Copy:
    """How an image is copied.

    Attributes:
        original: Index of the image.
        orientation: As of `rotate_flip`.
        quality: Of the JPEG file that it went through, or None: its brightness changed instead.
        brightness: Factor.
    """

    original: int
    orientation: int
    quality: int | None
    brightness: float


def choose_copy(seed: int, index: int, share: float) -> Copy | None:
    """What the image at `index` is a copy of: an earlier image of its class that is none itself; None for no copy."""
    rng, is_copy = _begin(seed, index, share)
    if not is_copy:
        return None
    original = index
    while _begin(seed, original, share)[1]:  # ends, for the first image of a class is no copy
        original = index % 2 + 2 * int(rng.integers(index // 2))
    quality = int(rng.integers(70, 91)) if rng.random() < 0.5 else None
    return Copy(original, int(rng.integers(8)), quality, float(rng.choice([0.95, 0.97, 1.03])))


def _begin(seed: int, index: int, share: float) -> tuple[np.random.Generator, bool]:
    rng = np.random.default_rng([seed, index, COPIES])
    return rng, bool(rng.random() < share) and index > 1


def copied(image: NDArray[np.uint8], copy: Copy) -> NDArray[np.uint8]:
    """The copy's pixels."""
    again = rotate_flip(image, copy.orientation)
    if copy.quality is not None:
        return compressed(again, copy.quality)
    return np.clip(np.rint(again * copy.brightness), 0, 255).astype(np.uint8)
