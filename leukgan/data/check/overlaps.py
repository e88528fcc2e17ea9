"""Images that are overlapping crops of one photograph: the same cells, farther left, right, up or down."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional as F

SIDE = 32  # pixels of the pictures on which each shift is tried; twice as many where it is looked at again
BAND = (0.015, 0.04)  # widths of the structures that count, outlines rather than cells, as shares of the side
SHARP_BAND = (0.01, 0.03)  # those of the larger pictures
SMALLEST = 0.34  # share of the area that two crops have in common
REACH = 14  # pixels of SIDE by which they are shifted at most
FAINTEST = 1.0  # grey values by which what is seen differs from its surroundings, root mean square

# Measured on two windows of 180 pixels from each of 200 real and 200 rendered photographs of 257 pixels, at 64 pixels.
# Windows of one photograph, 35 to 99 % in common: 0.76 and more; 0.79 in 95 of 100 where up to 55 % are in common, 0.85
# above. Windows of two: up to 0.74, at 128 pixels 0.76, at 32 pixels 0.82, where this tells less. Different whole
# cells: 200 real 0.61, 1,000 rendered 0.69.
CANDIDATE = 0.6
LIMIT = 0.77

Pictures = NDArray[np.float32]  # (N, H, W)
Shift = tuple[int, int]


@dataclass(frozen=True)
class Overlap:
    """Two images that show the same piece of a photograph."""

    first: int  # index of the one
    second: int  # index of the other, greater
    shift: tuple[float, float]  # rows and columns, as shares of the side, from a point in the second to it in the first
    correlation: float  # of the common area, up to 1
    overlap: float  # share of the area that both show


def overlapping_crops(
    images: NDArray[np.uint8], progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Overlap]:
    """Pairs of images in one orientation that have a third of their area or more in common, sorted by their indices.

    All pairs are compared at each shift on small grey pictures, by one matrix product a shift, and the best shift of
    each pair again on larger ones. Only narrow structures such as outlines count: not the light, and not that every
    image has a dark cell somewhere.

    Images are uint8 (N, 3, H, W), square, of 64 pixels or more, as crops of 32 are alike by chance too; `progress`
    receives the area compared at the shifts so far and at all of them.
    """
    shifts = half_plane()
    areas = list(accumulate((SIDE - rows) * (SIDE - abs(columns)) for rows, columns in shifts))
    best, at = _best_shifts(pictures(images, SIDE, BAND), shifts, lambda done: progress(areas[done - 1], areas[-1]))

    # Candidates, each pair in the order in which it fits better.
    first, second = np.nonzero(np.maximum(best, best.T) > CANDIDATE)
    better = best[first, second] >= best[second, first]
    first, second = first[better], second[better]

    # Each candidate again on larger pictures, at its best shift and those around it.
    fine = pictures(images, 2 * SIDE, SHARP_BAND)
    found: dict[tuple[int, int], Overlap] = {}
    for number in np.unique(at[first, second]):
        here = at[first, second] == number
        i, j = first[here], second[here]
        for shift in around(shifts[number]):
            for a, b, value in zip(i, j, correlations(fine[i], fine[j], shift), strict=True):
                forward = a < b
                key = (int(a), int(b)) if forward else (int(b), int(a))
                if value > LIMIT and (key not in found or found[key].correlation < value):
                    rows, columns = (step / (2 * SIDE) * (1 if forward else -1) for step in shift)
                    found[key] = Overlap(*key, (rows, columns), float(value), (1 - abs(rows)) * (1 - abs(columns)))

    return [found[key] for key in sorted(found)]


def half_plane() -> list[Shift]:
    """One of each two opposite shifts, in pixels of SIDE."""
    return [
        (rows, columns)
        for rows in range(REACH + 1)
        for columns in range(-REACH, REACH + 1)
        if (rows, columns) >= (0, 0) and (SIDE - rows) * (SIDE - abs(columns)) >= SMALLEST * SIDE**2
    ]


def around(shift: Shift) -> list[Shift]:
    """The shifts near to one of half_plane, in pixels of 2 * SIDE."""
    near = range(-1, 2)
    return [(2 * shift[0] + rows, 2 * shift[1] + columns) for rows in near for columns in near]


def pictures(images: NDArray[np.uint8], side: int, band: tuple[float, float]) -> Pictures:
    """Grey pictures of images, with structures of widths in a band only: float32 (N, side, side)."""
    small = np.empty((len(images), side, side), np.float32)
    for start in range(0, len(images), 256):
        x = torch.from_numpy(np.ascontiguousarray(images[start : start + 256])).float().mean(1, keepdim=True)
        x = F.interpolate(x, size=(side, side), mode="bilinear", antialias=True)  # (B, 1, side, side)
        small[start : start + 256] = x[:, 0].numpy()
    fine, coarse = (ndimage.gaussian_filter(small, (0, width * side, width * side), mode="mirror") for width in band)
    return fine - coarse


def correlations(first: Pictures, second: Pictures, shift: Shift) -> NDArray[np.float32]:
    """The correlation of each first picture with the second at its side, where both see the same: (N,)."""
    rows, columns = shift
    return (_window(first, rows, columns) * _window(second, -rows, -columns)).sum(1)


def _best_shifts(
    grey: Pictures, shifts: list[Shift], on_shift: Callable[[int], None]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The best correlation of each image with each other at any shift, and the number of that shift, both (N, N)."""
    best = np.full((len(grey),) * 2, -1, np.float32)
    at = np.zeros(best.shape, np.int64)
    for number, (rows, columns) in enumerate(shifts):
        found = _window(grey, rows, columns) @ _window(grey, -rows, -columns).T  # (N, N)
        np.fill_diagonal(found, -1)
        better = found > best
        best[better], at[better] = found[better], number
        on_shift(number + 1)
    return best, at


def _window(pictures: Pictures, rows: int, columns: int) -> NDArray[np.float32]:
    """What is left of pictures from a row and column on, or up to it if negative; of mean zero and length one."""
    height, width = pictures.shape[1:]
    part = pictures[:, max(rows, 0) : height + min(rows, 0), max(columns, 0) : width + min(columns, 0)]
    part = part.reshape(len(part), -1)
    part = part - part.mean(1, keepdims=True)
    length = np.linalg.norm(part, axis=1, keepdims=True)
    return part / np.maximum(length, 1e-6) * (length > FAINTEST * np.sqrt(part.shape[1]))
