"""Logistic head: the trained last layer of a network whose base is frozen."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits
from torch.nn import functional as F


class LogisticHead(ClassifierMixin, BaseEstimator):
    """Logistic regression trained by Adam on shuffled mini-batches.

    It starts at zero, and Adam has Keras's epsilon 1e-7. The paper does not state its initial weights; from random
    ones, the few hundred small steps of its recipe would leave the head where it started, and any added images would
    seem to help by the steps that they add.

    With `steps`, it takes so many optimiser steps in place of `epochs`, so that sets of different sizes are trained
    equally long. `seed` is of the order of images.

    Attributes:
        weight_: float32 (F,).
        bias_: float32 ().
        loss_curve_: Mean training loss of each epoch, as seen while training.
        n_steps_: Optimiser steps in an epoch.
    """

    def __init__(
        self, *, epochs: int, learning_rate: float, batch_size: int, seed: int, steps: int | None = None
    ) -> None:
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.seed = seed
        self.steps = steps

    @threadpool_limits.wrap(limits=1)  # several threads are slower at steps this small
    def fit(self, features: NDArray[np.float32], labels: NDArray[np.int64]) -> "LogisticHead":
        """The head, trained on features (N, F) and labels (N,); the same seed and data give the same weights."""
        generator = torch.Generator().manual_seed(self.seed)
        x = torch.from_numpy(np.asarray(features, dtype=np.float32))
        y = torch.from_numpy(np.asarray(labels, dtype=np.float32))
        weight = torch.zeros(x.shape[1], requires_grad=True)
        bias = torch.zeros((), requires_grad=True)
        optimizer = torch.optim.Adam([weight, bias], lr=self.learning_rate, eps=1e-7)

        self.loss_curve_: list[float] = []
        self.n_steps_ = self.steps_per_epoch(len(x))
        left = self.epochs * self.n_steps_ if self.steps is None else self.steps

        # One pass over the images in a new order; with `steps`, the last pass may be a part of one.
        while left > 0:
            epoch_loss = torch.zeros(())
            batches = torch.randperm(len(x), generator=generator).split(self.batch_size)[:left]
            left -= len(batches)
            for batch in batches:
                loss = F.binary_cross_entropy_with_logits(x[batch] @ weight + bias, y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                epoch_loss += loss.detach() * len(batch)
            self.loss_curve_.append(float(epoch_loss / sum(map(len, batches))))

        self.classes_ = np.array([0, 1])
        self.weight_ = weight.detach().numpy()
        self.bias_ = bias.detach().numpy()
        return self

    def steps_per_epoch(self, count: int) -> int:
        """Optimiser steps in a pass over `count` images."""
        return math.ceil(count / self.batch_size)

    def decision_function(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits (N,) of the positive class for features (N, F)."""
        check_is_fitted(self)
        return np.asarray(np.asarray(features, dtype=np.float32) @ self.weight_ + self.bias_)

    def predict_proba(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (N, 2) of both classes."""
        positive = expit(self.decision_function(features).astype(np.float64))
        return np.stack([1 - positive, positive], axis=1)

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.int64]:
        """Labels (N,), 0 or 1."""
        return (self.decision_function(features) > 0).astype(np.int64)
