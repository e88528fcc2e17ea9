"""One vector an image for the measures of quality, all of one length."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from leukgan.features.vgg16 import VGG16Features

BATCH_SIZE = 32
CHANNELS = 512  # of VGG16's last block


class Features(Protocol):
    """Maps images uint8 (N, 3, H, W) to vectors float64 (N, F); its name is part of the name of each measure."""

    name: str

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The vectors."""


class PooledVGG16:
    """What VGG16's last block sees in an image, averaged over places and scaled to the length of sqrt(512).

    Args:
        weights: As the classifier's: imagenet, random, or a file.

    Raises:
        InputError: The weights cannot be had.
    """

    def __init__(self, weights: str) -> None:
        self.base = VGG16Features(weights).fit()
        stem = weights if weights in ("imagenet", "random") else Path(weights).stem.removeprefix("vgg16_")
        self.name = f"vgg16_{stem}"

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Features (N, 512) of images uint8 (N, 3, H, W)."""
        flat = self.base.transform(images)  # (N, 512 * h*w)
        return scale_to_equal_length(flat.reshape(len(flat), CHANNELS, -1).mean(2, dtype=np.float64))


class ModuleFeatures:
    """What any torch module gives for an image, averaged over places and scaled to the length of sqrt(F).

    Args:
        module: Maps RGB float32 (B, 3, H, W) in [0, 1] to (B, F) or (B, F, h, w); it is put into evaluation mode.
        name: Stands for it in the names of measures.
    """

    def __init__(self, module: nn.Module, name: str) -> None:
        self.module = module.eval()
        self.name = name

    @torch.inference_mode()
    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Features (N, F) of images uint8 (N, 3, H, W)."""
        parts = []
        for start in range(0, len(images), BATCH_SIZE):
            vectors = self.module(torch.from_numpy(images[start : start + BATCH_SIZE]).float() / 255)
            parts.append((vectors.flatten(2).mean(2) if vectors.ndim > 2 else vectors).double().numpy())
        return scale_to_equal_length(np.concatenate(parts))


def scale_to_equal_length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (N, F) scaled to the length sqrt(F).

    The length bounds the kernel of the kernel distance, which reaches 8 for any network: no image decides alone.
    """
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = vectors / np.maximum(length, 1e-12) * np.sqrt(vectors.shape[1])
    return scaled
