"""Differentiable augmentation of the critic's images, real and fake alike (DiffAugment, Zhao et al., 2020)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Augment = Callable[[Tensor, Tensor], Tensor]


def augment(images: Tensor, names: Sequence[str], probability: Tensor) -> Tensor:
    """Change each image at random in its own way; gradients reach the images through the change.

    Products, comparisons and masks of fixed shape, which every accelerator runs; in single precision even if the
    networks around are not.

    Args:
        images: (B, 3, H, W) in [-1, 1].
        names: Keys of `AUGMENTATIONS`, applied in this order.
        probability: Probability of each change of each image, a scalar.
    """
    with torch.autocast(images.device.type, enabled=False):
        for name in names:
            images = images.float()
            applied = uniform(images[:, :1, :1, :1], 0, 1) < probability  # (B, 1, 1, 1)
            images = AUGMENTATIONS[name](images, applied.float())
    return images.contiguous(memory_format=torch.channels_last) if names else images


def translate(images: Tensor, applied: Tensor) -> Tensor:
    """Shift by up to an eighth of the side on both axes; what enters is grey (0)."""
    height, width = images.shape[2:]
    down, right = (
        shift_matrices(size, (uniform(applied, -size / 8, size / 8) * applied).round()) for size in (height, width)
    )
    return down @ images @ right.mT


def shift_matrices(size: int, shift: Tensor) -> Tensor:
    """Matrices (B, 1, size, size) that move a vector of length `size` by shift (B, 1, 1, 1) places, zeros entering."""
    place = torch.arange(size, device=shift.device)
    return (place[:, None] - place == shift).to(shift.dtype)


def cut_out(images: Tensor, applied: Tensor) -> Tensor:
    """Grey out (0) a square of half the side whose centre lies anywhere in the image."""
    inside = torch.ones_like(applied)
    for axis, size in ((2, images.shape[2]), (3, images.shape[3])):
        place = torch.arange(size, device=images.device).view([-1 if d == axis else 1 for d in range(4)]) + 0.5
        inside = inside * ((place - uniform(applied, 0, size)).abs() < size / 4)
    return images * (1 - inside * applied)


def shift_colour(images: Tensor, applied: Tensor) -> Tensor:
    """Change brightness by up to 0.5, saturation by a factor of up to 2, contrast of 0.5 to 1.5."""
    images = images + applied * uniform(applied, -0.5, 0.5)
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * (1 + applied * uniform(applied, -1, 1))
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * (1 + applied * uniform(applied, -0.5, 0.5))


def uniform(like: Tensor, low: float, high: float) -> Tensor:
    """Uniform random numbers in [low, high) of another tensor's shape, type and device."""
    return low + (high - low) * torch.rand_like(like)


AUGMENTATIONS: dict[str, Augment] = {"translation": translate, "cutout": cut_out, "colour": shift_colour}
