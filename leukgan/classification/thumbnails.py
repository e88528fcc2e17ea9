"""Small copies of the images as feature vectors: what logistic regression and the SVM see."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from torch.nn import functional as F

BATCH_SIZE = 256


class Thumbnails(TransformerMixin, BaseEstimator):
    """Images resized to `size` x `size` pixels by antialiased bilinear sampling, flattened."""

    def __init__(self, size: int = 25) -> None:
        self.size = size

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

    def fit(self, images: NDArray[np.uint8], labels: NDArray[np.int64] | None = None) -> "Thumbnails":
        """Itself: there is nothing to learn."""
        return self

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features float32 (N, 3*size*size) in [0, 1] of images uint8 (N, 3, H, W)."""
        features = []
        for batch in torch.from_numpy(images).split(BATCH_SIZE):
            x = F.interpolate(batch.float() / 255, size=(self.size, self.size), mode="bilinear", antialias=True)
            features.append(x.flatten(1).numpy())  # (B, 3*size*size)
        return np.concatenate(features)
