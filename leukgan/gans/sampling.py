"""Latents of a trained GAN: from seeds, on the way from one to another, and with one code varied."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from leukgan.gans.gan import GAN
from leukgan.gans.latent_codes import InfoGANCodes


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
