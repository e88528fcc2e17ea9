"""Turned and mirrored images: the eight exact orientations, the classifiers' rotations and the GAN's orbit."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Value = TypeVar("Value", bound=np.generic)


def turned(images: NDArray[Value], turn: int) -> NDArray[Value]:
    """Images (..., H, W) in one of the square's eight exact orientations, 0 as they are.

    From 4 on they are mirrored left to right first; then they are rotated anticlockwise by `turn` % 4 quarters.
    """
    return np.rot90(images[..., ::-1] if turn >= 4 else images, turn % 4, axes=(-2, -1))


def rotations(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Eight consecutive anticlockwise rotations by 45 degrees of each image, the image itself first.

    Quarter turns are exact; the odd eighths are interpolated once, by cubic splines, and their corners are filled by
    reflection.

    Args:
        images: uint8 (N, 3, H, W), square.

    Returns:
        uint8 (8, N, 3, H, W).
    """
    eighth = ndimage.rotate(images.astype(np.float32), 45, axes=(2, 3), reshape=False, order=3, mode="mirror")
    turned = np.clip(np.rint(eighth), 0, 255).astype(np.uint8)
    return np.stack([np.rot90(start, quarter, axes=(2, 3)) for quarter in range(4) for start in (images, turned)])


def orbit(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The eight rotations of each image and of its mirror image, the image itself first: uint8 (16, N, 3, H, W)."""
    return np.concatenate([rotations(images), rotations(images[..., ::-1])])


def flat_orbit(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The orbit of all images as one array, the images themselves first: uint8 (16 N, 3, H, W)."""
    return np.ascontiguousarray(orbit(images).reshape(-1, *images.shape[1:]))
