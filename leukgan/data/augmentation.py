"""Augmentation by rotating and mirroring: the named sets of views that GANs and classifiers are trained on."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from leukgan.errors import InputError

Images = NDArray[np.uint8]
Value = TypeVar("Value", bound=np.generic)


def rotate_flip(images: NDArray[Value], orientation: int) -> NDArray[Value]:
    """Images (..., H, W) in one of the square's eight exact orientations; 0 leaves them as they are.

    Orientations 4 to 7 mirror left to right first; all then rotate anticlockwise by `orientation` % 4 quarter turns.
    """
    return np.rot90(images[..., ::-1] if orientation >= 4 else images, orientation % 4, axes=(-2, -1))


def rotations(images: Images) -> Images:
    """Eight anticlockwise rotations by 45 degrees of square images, the images first: uint8 (8, N, 3, H, W).

    Quarter turns are exact. The odd eighths are interpolated once, by cubic splines; reflection fills their corners.
    """
    eighth = ndimage.rotate(images.astype(np.float32), 45, axes=(2, 3), reshape=False, order=3, mode="mirror")
    diagonal = np.clip(np.rint(eighth), 0, 255).astype(np.uint8)
    return np.stack([np.rot90(start, quarter, axes=(2, 3)) for quarter in range(4) for start in (images, diagonal)])


def dihedral_views(images: Images) -> Images:
    """The eight rotations of each image and of its mirror image, the image itself first: uint8 (16, N, 3, H, W)."""
    return np.concatenate([rotations(images), rotations(images[..., ::-1])])


def flatten_views(views: Images) -> Images:
    """Views (K, N, 3, H, W) as one contiguous array (K*N, 3, H, W), one view of all images after the other."""
    return np.ascontiguousarray(views.reshape(-1, *views.shape[2:]))


def _orientations(*chosen: int) -> Callable[[Images], Images]:
    return lambda images: np.stack([rotate_flip(images, orientation) for orientation in chosen])


# All views of square images uint8 (N, 3, H, W), the images themselves first: uint8 (K, N, 3, H, W).
AUGMENTATIONS: dict[str, Callable[[Images], Images]] = {
    "none": lambda images: images[None],
    "flips": _orientations(0, 4, 6, 2),  # 4: in each direction
    "quarter_turns": _orientations(*range(8)),  # 8: the exact orientations
    "rotations": rotations,  # 8: by 45 degrees, the paper's for its classifiers
    "orbit": dihedral_views,  # 16: the same of the mirror image too, the paper's for its GANs
}


def check_augmentation(key: str, name: str) -> None:
    """Refuse an unknown name."""
    if name not in AUGMENTATIONS:
        raise InputError(f"{key} must be {', '.join(AUGMENTATIONS)}, got {name!r}.")
