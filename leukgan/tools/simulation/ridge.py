"""The simulation's classifier: least squares to the classes with a penalty, solved at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

Features = NDArray[np.float64]
Labels = NDArray[np.int64]

PENALTY = 10.0  # about the best for a hundred thumbnails


@dataclass(frozen=True)
class Ridge:
    """A linear classifier.

    Attributes:
        weights: (F,).
        bias: Added to the weighted sum, whose sign is the class.
    """

    weights: Features
    bias: float

    def predict(self, features: Features) -> Labels:
        """The classes (N,), 0 or 1, of features (N, F)."""
        return (features @ self.weights + self.bias > 0).astype(np.int64)


def fit_ridge(features: Features, labels: Labels) -> Ridge:
    """The ridge classifier (Hoerl and Kennard, 1970) of features (N, F) and labels (N,), fitted to classes -1 and 1."""
    targets = 2.0 * labels - 1
    middle, mean = features.mean(axis=0), float(targets.mean())
    x = features - middle
    gram = x.T @ x  # (F, F)
    gram[np.diag_indices_from(gram)] += PENALTY
    weights = solve(gram, x.T @ (targets - mean), assume_a="pos")
    return Ridge(weights, mean - float(middle @ weights))
