"""VGG16: a frozen convolutional base with one trained dense unit."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted
from torch.nn import functional as F

from leukgan.classification.dense_unit import DenseUnit
from leukgan.classification.vgg16_weights import vgg16_base
from leukgan.errors import InputError

SMALLEST_SIZE = 64
BATCH_SIZE = 32
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def vgg16(
    *, weights: str, epochs: int = 40, learning_rate: float = 1e-5, batch_size: int = 32, seed: int = 0
) -> Pipeline:
    """VGG16 of which only a new last layer is trained; its base is loaded here, before any work starts.

    Args:
        weights: "imagenet" (torchvision's download), "random" (a fixed random base), or the path of a state dict of
            torchvision's vgg16 or of its `features`.
        epochs: Passes over the training set.
        learning_rate: Adam's.
        batch_size: Images in an optimiser step.
        seed: Of the order of images; the random base does not depend on it.

    Raises:
        InputError: The weights cannot be had or are not VGG16's, or a number is out of range.
    """
    if not epochs >= 1:
        raise InputError(f"classifier.vgg16.epochs must be 1 or more, got {epochs}; the study's value is 40.")
    if not learning_rate > 0:
        raise InputError(f"classifier.vgg16.learning_rate must be above 0, got {learning_rate}; the study's is 1e-5.")
    if not batch_size >= 1:
        raise InputError(f"classifier.vgg16.batch_size must be 1 or more, got {batch_size}; use 32.")
    features = VGG16Features(weights).fit()
    unit = DenseUnit(epochs=epochs, learning_rate=learning_rate, batch_size=batch_size, seed=seed)
    return Pipeline([("features", features), ("model", unit)])


class VGG16Features(TransformerMixin, BaseEstimator):
    """Flattened output of VGG16's frozen convolutional base.

    Attributes:
        network_: The base; scikit-learn's `clone` leaves it out and `fit` loads it again.
    """

    def __init__(self, weights: str) -> None:
        self.weights = weights

    def fit(self, images: object = None, labels: object = None) -> VGG16Features:
        """Itself with the base loaded; it learns nothing from images."""
        self.network_ = vgg16_base(self.weights).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self

    @torch.inference_mode()
    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features float32 (N, 512 * H/32 * W/32) of images uint8 (N, 3, H, W); smaller ones count as 64 px."""
        check_is_fitted(self, "network_")
        batches = [self._batch_features(images[i : i + BATCH_SIZE]) for i in range(0, len(images), BATCH_SIZE)]
        return np.concatenate(batches)

    def _batch_features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        x = torch.from_numpy(images).contiguous(memory_format=torch.channels_last).float() / 255
        x = (x - torch.tensor(IMAGENET_MEAN).view(3, 1, 1)) / torch.tensor(IMAGENET_STD).view(3, 1, 1)
        height, width = x.shape[2:]
        if min(height, width) < SMALLEST_SIZE:
            enlarged = (max(height, SMALLEST_SIZE), max(width, SMALLEST_SIZE))
            x = F.interpolate(x, size=enlarged, mode="bilinear")
        features: NDArray[np.float32] = self.network_(x).flatten(1).numpy()  # (B, 512 * H/32 * W/32)
        return features
