"""Distances between cell images that a turned, mirrored, blurred or restained copy cannot escape."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from leukgan.data.augmentation import dihedral_views, flatten_views

SIDE = 16  # of a thumbnail: so small that noise, blur and a shift by a pixel of 64 hardly change it
BATCH_SIZE = 256
CELLS = BATCH_SIZE // 16  # whose orbits are held at a time

Distances = NDArray[np.float64]
Vectors = NDArray[np.float64]


class OrbitDistances(NamedTuple):
    """How far each of M images is from each of N cells, whichever way the cell is turned.

    Attributes:
        values: float64 (M, N) from 0 to 2.
        members: uint8 (M, N), the cell's nearest member in the order of `augmentation.dihedral_views`, 0 to 15.
    """

    values: Distances
    members: NDArray[np.uint8]


def standardised(images: NDArray[np.uint8]) -> Vectors:
    """Thumbnails of 16 x 16 pixels without each channel's mean, of length one; of length zero where nothing is seen.

    Two such vectors are sqrt(2 - 2r) apart, where r is the correlation of the thumbnails: 0 for the same picture,
    about sqrt(2) for unrelated ones, 2 for a negative. Brightness, contrast and tint do not count.

    Args:
        images: uint8 (N, 3, H, W).

    Returns:
        float64 (N, 3 * 16 * 16).
    """
    vectors = np.empty((len(images), 3 * SIDE**2))
    for start in range(0, len(images), BATCH_SIZE):
        x = torch.from_numpy(np.ascontiguousarray(images[start : start + BATCH_SIZE])).float()
        x = F.interpolate(x, size=(SIDE, SIDE), mode="bilinear", antialias=True).double()  # (B, 3, 16, 16)
        x = x - x.mean((2, 3), keepdim=True)
        vectors[start : start + BATCH_SIZE] = x.flatten(1).numpy()  # (B, 3*16*16)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(length > 1e-3, vectors / np.maximum(length, 1e-3), 0.0)  # below: rounding of an even image


def orbit_distances(images: NDArray[np.uint8], cells: NDArray[np.uint8]) -> OrbitDistances:
    """The distance of each image to the nearest of each cell's sixteen orbit members, and which member that is.

    Args:
        images: uint8 (M, 3, H, W).
        cells: uint8 (N, 3, H, W), square.
    """
    queries = standardised(images)  # (M, F)
    values = np.empty((len(images), len(cells)))
    members = np.empty((len(images), len(cells)), np.uint8)
    for start in range(0, len(cells), CELLS):
        block = slice(start, start + CELLS)
        turned = standardised(flatten_views(dihedral_views(cells[block])))  # (16*B, F)
        squares = (queries**2).sum(1)[:, None] + (turned**2).sum(1) - 2 * queries @ turned.T  # (M, 16*B)
        squares = squares.reshape(len(images), 16, -1)  # (M, 16, B)
        members[:, block] = squares.argmin(1)
        values[:, block] = np.sqrt(np.maximum(squares.min(1), 0))
    return OrbitDistances(values, members)
