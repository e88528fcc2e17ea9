"""The order in which a GAN sees its images, a function of the seed and the generator step alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler


def indices_of_step(step: int, *, n_images: int, n_critic: int, batch_size: int, seed: int) -> NDArray[np.int64]:
    """Which images the critic sees in a generator step: int64 (n_critic, batch_size).

    Steps read one endless stream: a fresh permutation of all images after the other.
    """
    positions = step * n_critic * batch_size + np.arange(n_critic * batch_size)
    passes = range(positions[0] // n_images, positions[-1] // n_images + 1)
    orders = np.concatenate([np.random.default_rng((seed, k)).permutation(n_images) for k in passes])
    return orders[positions - passes[0] * n_images].reshape(n_critic, batch_size)


class CriticBatches(Sampler[NDArray[np.int64]]):
    """Indices of the batches of each generator step of one epoch, a stretch of `steps_per_epoch` steps."""

    def __init__(
        self,
        *,
        n_images: int,
        n_critic: int,
        batch_size: int,
        generator_steps: int,
        steps_per_epoch: int,
        seed: int,
    ) -> None:
        self.order = {"n_images": n_images, "n_critic": n_critic, "batch_size": batch_size, "seed": seed}
        self.generator_steps = generator_steps
        self.steps_per_epoch = steps_per_epoch
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return min(self.steps_per_epoch, self.generator_steps - self.epoch * self.steps_per_epoch)

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        first = self.epoch * self.steps_per_epoch
        return (indices_of_step(step, **self.order) for step in range(first, first + len(self)))


class ImageBatches(Dataset[list[Tensor]]):
    """One uint8 tensor (N, 3, H, W); indices (n_critic, B) give n_critic batches (B, 3, H, W)."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self.images = torch.from_numpy(images)

    def __getitem__(self, indices: NDArray[np.int64]) -> list[Tensor]:
        chosen = self.images.index_select(0, torch.from_numpy(indices.reshape(-1)))
        return list(chosen.split(indices.shape[1]))


class LabelledBatches(Dataset[list[tuple[Tensor, Tensor]]]):
    """As `ImageBatches`, each batch with the labels int64 (B,) of its images."""

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        self.images = ImageBatches(images)
        self.labels = torch.from_numpy(labels)

    def __getitem__(self, indices: NDArray[np.int64]) -> list[tuple[Tensor, Tensor]]:
        return list(zip(self.images[indices], self.labels[torch.from_numpy(indices)], strict=True))
