"""The order in which a GAN sees its images, a function of the seed and the generator step alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from leukgan.errors import InputError


def indices_of_step(step: int, *, n_images: int, n_critic: int, batch_size: int, seed: int) -> NDArray[np.int64]:
    """Indices of the critic's images in a generator step: int64 (n_critic, batch_size).

    Steps read one endless stream of permutations of all images, each drawn anew.
    """
    positions = step * n_critic * batch_size + np.arange(n_critic * batch_size)
    passes = range(positions[0] // n_images, positions[-1] // n_images + 1)
    orders = np.concatenate([np.random.default_rng((seed, k)).permutation(n_images) for k in passes])
    return orders[positions - passes[0] * n_images].reshape(n_critic, batch_size)


def check_share(batch_size: int, processes: int) -> None:
    """Refuse a batch that the processes can't share evenly."""
    if batch_size % processes:
        raise InputError(f"batch_size={batch_size} can't be shared by {processes} processes; take a multiple of it.")


class CriticBatches(Sampler[NDArray[np.int64]]):
    """Indices of the batches of each generator step of one epoch, a stretch of `steps_per_epoch` steps.

    Processes that train one GAN share each batch: each takes every `processes`-th image from its rank on.

    Args:
        n_images: Images to choose from.
        n_critic: Batches a generator step.
        batch_size: Images a batch, of all processes together.
        generator_steps: Length of the training; None: it has no end of its own.
        steps_per_epoch: Generator steps an epoch.
        seed: Seed of the order.
        count_done: Gives the generator steps done so far, from which an epoch goes on, wherever the one before it ended
            and wherever a training is continued; None: whole epochs alone were done.
        process: Rank of this process.
        processes: Number of processes that share the training.

    Raises:
        InputError: A batch can't be shared evenly.
    """

    def __init__(
        self,
        *,
        n_images: int,
        n_critic: int,
        batch_size: int,
        generator_steps: int | None,
        steps_per_epoch: int,
        seed: int,
        count_done: Callable[[], int] | None = None,
        process: int = 0,
        processes: int = 1,
    ) -> None:
        check_share(batch_size, processes)
        self.share = slice(process, None, processes)
        self.order = {"n_images": n_images, "n_critic": n_critic, "batch_size": batch_size, "seed": seed}
        self.generator_steps = math.inf if generator_steps is None else generator_steps
        self.steps_per_epoch = steps_per_epoch
        self.count_done = count_done
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Steps of an epoch; the training may end within its last one."""
        return int(min(self.steps_per_epoch, self.generator_steps))

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        first = self.epoch * self.steps_per_epoch if self.count_done is None else self.count_done()
        end = int(min(first + self.steps_per_epoch, self.generator_steps))
        return (indices_of_step(step, **self.order)[:, self.share] for step in range(first, end))


class ResumableLoader(DataLoader[Any]):
    """Tells Lightning that it goes on in the middle of an epoch: it starts where the trainer's progress says.

    What it would keep is kept by the trainer, so its own state is empty.
    """

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        pass


def place_images(images: NDArray[np.uint8], device: torch.device, free_bytes: int) -> Tensor:
    """The images as a tensor: in the device's memory if they fill a quarter of its free part at most, or the CPU's."""
    return torch.from_numpy(images).to(device if images.nbytes <= free_bytes / 4 else "cpu")


def check_images(images: Tensor, size: int) -> Tensor:
    """The images themselves, if they are what a GAN of this image size takes.

    Raises:
        InputError: They are not uint8 (B, 3, size, size).
    """
    if images.dtype != torch.uint8 or images.shape[1:] != (3, size, size):
        found = f"{str(images.dtype).removeprefix('torch.')} {tuple(images.shape)}"
        raise InputError(
            f"a GAN of gan.image_size={size} takes images uint8 (B, 3, {size}, {size}), got {found}; "
            f"torchvision's Resize(({size}, {size})) and PILToTensor() give them."
        )
    return images


class ImageBatches(Dataset[list[Any]]):
    """Indices (n_critic, B) give n_critic batches (B, 3, H, W), or pairs of a batch and its labels (B,).

    Args:
        images: uint8 (N, 3, H, W), on any device.
        labels: int64 (N,); None: batches have no labels.
    """

    def __init__(self, images: Tensor, labels: NDArray[np.int64] | None = None) -> None:
        self.images = images
        self.labels = None if labels is None else torch.from_numpy(labels)

    def __getitem__(self, indices: NDArray[np.int64]) -> list[Any]:
        chosen = torch.from_numpy(np.ascontiguousarray(indices))
        batches = self.images.index_select(0, chosen.reshape(-1).to(self.images.device)).split(indices.shape[1])
        return list(batches) if self.labels is None else list(zip(batches, self.labels[chosen], strict=True))
