"""The order in which a GAN sees its images, a function of the seed and the generator step alone."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

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
        raise InputError(
            f"batch_size={batch_size} can't be shared by {processes} processes; take a multiple of it, or another "
            "number of devices."
        )


class CriticBatches(DistributedSampler[NDArray[np.int64]]):
    """Indices of the batches of each generator step of one epoch, a stretch of `steps_per_epoch` steps.

    Processes that train one GAN share each batch: each takes every `processes`-th image from its rank `process` on. As
    a DistributedSampler it is left alone by Lightning, which would give each process a share of the steps.

    Args:
        n_images: Images to choose from, in `n_critic` batches of `batch_size` a step, of all processes together.
        generator_steps: Length of the training; None: it has no end of its own.
        count_done: Gives the generator steps done so far, from which an epoch goes on, wherever the one before it ended
            and wherever a training is continued; None: whole epochs alone were done.

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


class StepBatches:
    """Gathers the batches of a generator step from a loader of them, or one by one from any loader of images.

    A loader of images gives uint8 (B, 3, H, W), or these with labels (B,), which a GAN of one class leaves out; a
    generator step takes n_critic of its batches, across its epochs if need be.
    """

    def __init__(self, *, n_critic: int, image_size: int, labelled: bool) -> None:
        self.n_critic = n_critic
        self.image_size = image_size
        self.labelled = labelled
        self.gathered: list[Any] = []
        self.batch_size = 0

    def add(self, batch: Any) -> list[Any]:
        """The n_critic batches of a step, or none as long as some are missing.

        Raises:
            InputError: They are no batches for this GAN.
        """
        single = single_batch(batch)
        if single is None:
            return self.checked(batch)
        images, labels = single
        if len(images) < 2:
            raise InputError("batches must be of at least 2 images for batch normalisation, got 1; take 32.")
        self.gathered.append((images, labels) if self.labelled and labels is not None else images)
        if len(self.gathered) < self.n_critic:
            return []
        batches, self.gathered = self.gathered, []
        return self.checked(batches)

    def checked(self, batches: list[Any]) -> list[Any]:
        """The batches themselves, if there are n_critic of one size, with labels if the GAN takes them."""
        if not isinstance(batches, list | tuple) or not all(map(_is_images, batches)):
            raise not_images(batches)

        if len(batches) != self.n_critic:
            raise InputError(
                f"gan.n_critic is {self.n_critic} and a step has {len(batches)} real batches; they must be as many: "
                f"CellData(n_critic={self.n_critic}) gives them."
            )

        for item in batches:
            if self.labelled != isinstance(item, list | tuple):
                raise InputError(
                    "a class-conditional GAN learns from both classes and any other from one: gan.conditional is "
                    f"{self.labelled} and the batches {'lack' if self.labelled else 'have'} labels."
                )

            images = check_images(item[0] if self.labelled else item, self.image_size)
            self.batch_size = self.batch_size or len(images)
            if len(images) != self.batch_size:
                raise InputError(
                    f"all batches of a training have one size, got {len(images)} images after batches of "
                    f"{self.batch_size}; give the DataLoader drop_last=True."
                )
        return batches


def single_batch(batch: Any) -> tuple[Tensor, Tensor | None] | None:
    """Images (B, 3, H, W) and labels (B,) if any, where a loader gives one batch rather than those of a step."""
    if isinstance(batch, Tensor):
        return batch, None
    if isinstance(batch, list | tuple) and len(batch) == 1 and isinstance(batch[0], Tensor):
        return batch[0], None
    if isinstance(batch, list | tuple) and len(batch) == 2 and isinstance(batch[1], Tensor) and batch[1].ndim == 1:
        return batch[0], batch[1]
    return None


def not_images(batch: Any) -> InputError:
    """The error of a batch that is neither images nor images with labels."""
    parts = list(batch.values()) if isinstance(batch, dict) else batch if isinstance(batch, list | tuple) else []
    found = [f"{type(part).__name__} {tuple(part.shape) if isinstance(part, Tensor) else ''}".strip() for part in parts]
    return InputError(
        "a loader gives a GAN images uint8 (B, 3, H, W), alone or with labels int64 (B,), got a "
        f"{type(batch).__name__} of {' and '.join(found) or 'nothing'}; the DataLoader's collate_fn can pick them."
    )


def _is_images(item: Any) -> bool:
    images, *labels = item if isinstance(item, list | tuple) and item else (item,)
    return all(isinstance(part, Tensor) for part in (images, *labels)) and images.ndim == 4 and len(labels) <= 1
