"""The named ways to make more of an image by turning and mirroring it; the GAN and the classifiers have one each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from leukgan.data.dihedral import orbit, rotations, turned
from leukgan.errors import InputError

Images = NDArray[np.uint8]


def _flips(images: Images) -> Images:
    return np.stack([images, images[..., ::-1], images[..., ::-1, :], images[..., ::-1, ::-1]])


def _quarter_turns(images: Images) -> Images:
    return np.stack([turned(images, turn) for turn in range(8)])


AUGMENTATIONS: dict[str, Callable[[Images], Images]] = {
    "none": lambda images: images[None],
    "flips": _flips,  # 4: in each direction
    "quarter_turns": _quarter_turns,  # 8: the exact turns of the image and of its mirror image
    "rotations": rotations,  # 8: by 45 degrees, the study's for its classifiers
    "orbit": orbit,  # 16: the same of the mirror image too, the study's for its GANs
}


def copies(augmentation: str, images: Images) -> Images:
    """All copies of each image by a named augmentation, the image itself first: uint8 (K, N, 3, H, W).

    Args:
        augmentation: A name in AUGMENTATIONS.
        images: uint8 (N, 3, H, W), square.
    """
    return AUGMENTATIONS[augmentation](images)


def check_augmentation(key: str, name: str) -> None:
    """Refuse a name that is none of the known ones."""
    if name not in AUGMENTATIONS:
        raise InputError(f"{key} must be {', '.join(AUGMENTATIONS)}, got {name!r}.")
