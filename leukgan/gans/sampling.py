"""Latents of a GAN, from seeds, on the way from one to another and with one code varied; the pictures of a training."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from lightning import Callback, LightningModule, Trainer
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from leukgan.data.images import png_bytes
from leukgan.gans.accelerators import distributed
from leukgan.gans.gan import GAN
from leukgan.gans.latent_codes import InfoGANCodes
from leukgan.run_folder.files import write_atomic
from leukgan.run_folder.paths import GANFolder

SAMPLES = 6  # rows and columns of the grid of samples


def seeded_latents(gan: GAN, seeds: Sequence[int], *, label: int | None = None, truncation: float = 1.0) -> Tensor:
    """One latent for each seed, whatever the other seeds are: (N, Z + K), all of a class-conditional GAN's label.

    Truncation is a factor on the noise: below 1, images are more typical and less diverse.
    """
    latents = torch.cat([gan.latents(1, label, torch.Generator().manual_seed(seed)) for seed in seeds])
    noise, condition = gan.split_latents(latents)
    return torch.cat([noise * truncation, condition], dim=1)


def interpolate(gan: GAN, latents: Tensor, steps: int) -> Tensor:
    """Latents on the way from each latent to the next: ((N - 1) * steps + 1, Z + K).

    Noise moves on the great circle between its two ends (Shoemake, 1985), because the straight line would pass through
    noise that is too short; conditions move straight.
    """
    parts = torch.linspace(0, 1, steps + 1)[:-1, None]  # (S, 1)
    ways = []
    for pair in pairwise(zip(*(part.split(1) for part in gan.split_latents(latents)), strict=True)):
        (start_noise, start_condition), (end_noise, end_condition) = pair
        noise = slerp(start_noise, end_noise, parts)
        ways.append(torch.cat([noise, torch.lerp(start_condition, end_condition, parts)], dim=1))
    return torch.cat([*ways, latents[-1:]])


def sample_latents(gan: GAN, rows: int, columns: int) -> Tensor:
    """Latents (rows, columns, Z + K) of a grid that is the same in each call; classes take turns by row."""
    labels = torch.arange(rows).repeat_interleave(columns) % max(gan.classes, 1)
    return gan.latents(rows * columns, labels, torch.Generator().manual_seed(0)).unflatten(0, (rows, columns))


def interpolation_latents(gan: GAN, rows: int, columns: int) -> Tensor:
    """Latents (rows, columns, Z + K), each row on the way from one latent to another."""
    ends = sample_latents(gan, rows, 2)
    return torch.stack([interpolate(gan, pair, columns - 1) for pair in ends])


def code_latents(gan: InfoGANCodes, columns: int) -> Tensor:
    """Latents (codes, columns, Z + K): in each row one code goes through its range, all else stays.

    The first row goes through the categories, as many as fit; each other row takes a continuous code from -1 to 1.
    """
    categories, start = gan.settings.categories, gan.settings.latent_size
    base = gan.latents(1, None, torch.Generator().manual_seed(0))  # (1, Z + K)
    rows = base.repeat((categories > 0) + gan.settings.continuous_codes, columns, 1)
    if categories:
        rows[0, :, start : start + categories] = torch.eye(categories)[torch.arange(columns) % categories]
    for row, code in zip(rows[categories > 0 :], range(start + categories, base.shape[1]), strict=True):
        row[:, code] = torch.linspace(-1, 1, columns)
    return rows


def slerp(start: Tensor, end: Tensor, part: Tensor) -> Tensor:
    """The points (S, Z) at parts (S, 1) of the arc from start (1, Z) to end (1, Z); lengths change evenly."""
    lengths = torch.lerp(start.norm(), end.norm(), part)  # (S, 1)
    start, end = F.normalize(start), F.normalize(end)
    angle = (start * end).sum().clamp(-1, 1).arccos()
    if angle.sin() < 1e-4:
        return lengths * torch.lerp(start, end, part)
    return lengths * (((1 - part) * angle).sin() * start + (part * angle).sin() * end) / angle.sin()


class Pictures(Callback):
    """Draws, after each epoch, a grid of images from the same latents, and interpolations between some of them.

    Every grid of samples stays. The other pictures, interpolations and, for a GAN with codes, codes, are replaced: each
    row goes from one latent to the next, or varies one code and nothing else.
    """

    def __init__(self, folder: GANFolder) -> None:
        self.folder = folder

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, GAN)
        if distributed.rank() > 0:
            return

        size, folder = SAMPLES, self.folder
        grids = {
            folder.sample(pl_module.generator_step): sample_latents(pl_module, size, size),
            folder.interpolation: interpolation_latents(pl_module, rows=size, columns=size + 2),
        }
        if isinstance(pl_module, InfoGANCodes):
            grids[folder.codes] = code_latents(pl_module, columns=max(10, size))
        for path, latents in grids.items():  # (rows, columns, Z + K)
            images = pl_module.images(latents.flatten(0, 1))
            write_atomic(path, png_bytes(image_grid(images, latents.shape[1])))


def image_grid(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """One picture (3, H', W') of images uint8 (N, 3, H, W) row by row; N is a multiple of `columns`."""
    count, channels, height, width = images.shape
    rows = images.reshape(count // columns, columns, channels, height, width)
    return rows.transpose(2, 0, 3, 1, 4).reshape(channels, -1, columns * width)
