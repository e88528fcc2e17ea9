"""One vector an image for the measures of quality, all of one length."""

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from leukgan.features.vgg16 import BATCH_SIZE, VGG16Features

CHANNELS = 512  # of VGG16's last block


class Features(Protocol):
    """Maps images uint8 (N, 3, H, W) to vectors float64 (N, F); its name is part of the name of each measure."""

    name: str

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The vectors."""


class PooledVGG16:
    """VGG16's last block, averaged over places and scaled to the length of sqrt(512).

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
    """The output of any torch module, averaged over places and scaled to the length of sqrt(F).

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
        outputs = [self.module(batch.float() / 255) for batch in torch.from_numpy(images).split(BATCH_SIZE)]
        vectors = [x.flatten(2).mean(2) if x.ndim > 2 else x for x in outputs]  # (B, F) each
        return scale_to_equal_length(torch.cat(vectors).double().numpy())


def scale_to_equal_length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (N, F) scaled to the length sqrt(F), which bounds KID's kernel by 8: no image decides alone."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12) * np.sqrt(vectors.shape[1]))
