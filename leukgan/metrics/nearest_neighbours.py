"""Distances between cell images that a rotated, mirrored, blurred or restained copy cannot escape."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from leukgan.data.augmentation import dihedral_views, flatten_views

SIDE = 16  # of a thumbnail: so small that noise, blur and a shift by a pixel of 64 hardly change it
BATCH_SIZE = 256
CELLS = BATCH_SIZE // 16  # whose views are in memory at a time

Numbers = NDArray[np.float64]


class Distances(NamedTuple):
    """Distances of M images to N cells, each to the cell's nearest dihedral view."""

    values: Numbers  # (M, N), from 0 to 2
    orientations: NDArray[np.uint8]  # (M, N), place of that view among the cell's `dihedral_views`


def dihedral_distances(images: NDArray[np.uint8], cells: NDArray[np.uint8]) -> Distances:
    """Distances of images uint8 (M, 3, H, W) to square cells uint8 (N, 3, H, W) in any of their dihedral views."""
    queries = standardised(images)  # (M, F)
    values = np.empty((len(images), len(cells)))
    orientations = np.empty((len(images), len(cells)), np.uint8)

    for start in range(0, len(cells), CELLS):
        block = slice(start, start + CELLS)
        views = standardised(flatten_views(dihedral_views(cells[block])))  # (16*B, F)
        squares = (queries**2).sum(1)[:, None] + (views**2).sum(1) - 2 * queries @ views.T  # (M, 16*B)
        squares = squares.reshape(len(images), 16, -1)  # (M, 16, B)
        orientations[:, block] = squares.argmin(1)
        values[:, block] = np.sqrt(np.maximum(squares.min(1), 0))
    return Distances(values, orientations)


def standardised(images: NDArray[np.uint8]) -> Numbers:
    """Thumbnails (N, 3*16*16) of images (N, 3, H, W), without each channel's mean, of length 1; 0 for even images.

    Two of them are sqrt(2 - 2r) apart with the correlation r of the thumbnails: 0 for the same picture, about sqrt(2)
    for unrelated ones, 2 for a negative. Brightness, contrast and tint do not count.
    """
    vectors = np.empty((len(images), 3 * SIDE**2))
    for start in range(0, len(images), BATCH_SIZE):
        x = torch.from_numpy(np.ascontiguousarray(images[start : start + BATCH_SIZE])).float()
        x = F.interpolate(x, size=(SIDE, SIDE), mode="bilinear", antialias=True).double()  # (B, 3, 16, 16)
        vectors[start : start + BATCH_SIZE] = (x - x.mean((2, 3), keepdim=True)).flatten(1).numpy()  # (B, 3*16*16)

    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(length > 1e-3, vectors / np.maximum(length, 1e-3), 0.0)  # below: rounding of an even image
