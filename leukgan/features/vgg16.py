"""VGG16's frozen convolutional base as features of images."""

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch.nn import functional as F

from leukgan.features.vgg16_weights import vgg16_base

SMALLEST_SIZE = 64
BATCH_SIZE = 32
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class VGG16Features(TransformerMixin, BaseEstimator):
    """Flattened output of VGG16's frozen convolutional base.

    Attributes:
        network_: The base; scikit-learn's `clone` leaves it out and `fit` loads it again.
    """

    def __init__(self, weights: str) -> None:
        self.weights = weights

    def fit(self, images: object = None, labels: object = None) -> "VGG16Features":
        """Itself with the base loaded; it learns nothing from images."""
        self.network_ = vgg16_base(self.weights).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self

    @torch.inference_mode()
    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features float32 (N, 512 * H/32 * W/32) of images uint8 (N, 3, H, W); smaller ones are enlarged to 64 px."""
        check_is_fitted(self, "network_")
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
        size = [max(side, SMALLEST_SIZE) for side in images.shape[2:]]

        features = []
        for batch in torch.from_numpy(images).split(BATCH_SIZE):
            x = (batch.contiguous(memory_format=torch.channels_last).float() / 255 - mean) / std
            if size != list(x.shape[2:]):
                x = F.interpolate(x, size=size, mode="bilinear")
            features.append(self.network_(x).flatten(1).numpy())  # (B, 512 * H/32 * W/32)
        return np.concatenate(features)
