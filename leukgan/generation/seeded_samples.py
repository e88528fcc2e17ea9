"""Images of one checkpoint by their seeds, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leukgan.errors import InputError
from leukgan.gans import GAN, interpolate, load_gan, seeded_latents
from leukgan.generation.seeds import Seeds
from leukgan.run_folder.files import sha256_of

BATCH = 16  # images drawn at once, always: another number rounds products of matrices otherwise


@dataclass(frozen=True)
class Frame:
    """Where an image comes from: a seed, or a place on the way from one seed to the next.

    Attributes:
        seed: The seed, or where the way starts.
        to_seed: Where the way ends; the seed itself where the image is the seed's own.
        step: Steps done on the way.
        steps: Steps of the way.
    """

    seed: int
    to_seed: int
    step: int = 0
    steps: int = 1

    @property
    def part(self) -> float:
        """How much of the way is done: from 0 to below 1."""
        return self.step / self.steps

    @property
    def name(self) -> str:
        """The image's name, the same whatever else is drawn."""
        start = f"seed_{self.seed:05d}"
        return f"{start}_to_{self.to_seed:05d}_step_{self.step:02d}" if self.step else start


class Drawing:
    """The images of some seeds; iterating draws them, a batch at a time, as pairs of frame and uint8 (3, H, W).

    The image of a seed does not depend on the other seeds.

    Args:
        checkpoint: A training's last.ckpt.
        seeds: Each gives one image.
        truncation: Factor on the noise, above 0 and at most 1: below 1, images are more typical and less diverse.
        interpolation: Steps from each seed's image to the next one's; none by default.
        label: Class of the images, for a class-conditional GAN.

    Raises:
        InputError: A value is out of its range, the checkpoint is none, or the label does not fit the GAN.
    """

    def __init__(
        self,
        checkpoint: Path,
        seeds: Seeds,
        *,
        truncation: float = 1.0,
        interpolation: int | None = None,
        label: int | None = None,
    ) -> None:
        if not 0 < truncation <= 1:
            raise InputError(
                f"truncation must be above 0 and at most 1, got {truncation}; 1 leaves the noise as it is."
            )
        if interpolation is not None and interpolation < 1:
            raise InputError(f"interpolation must be at least 1 step from seed to seed, got {interpolation}.")
        if interpolation is not None and len(seeds) < 2:
            raise InputError("interpolation needs two seeds or more, got one; write for example seeds=3+7.")
        self.gan = load_gan(checkpoint)
        check_label(self.gan, label, checkpoint)
        self.checkpoint = sha256_of(checkpoint)
        self.seeds = seeds
        self.truncation = truncation
        self.interpolation = interpolation
        self.label = label

    def __len__(self) -> int:
        return (len(self.seeds) - 1) * (self.interpolation or 1) + 1

    def __iter__(self) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
        latents = self.latents()
        while batch := list(islice(latents, BATCH)):
            padded = torch.cat([latent for _, latent in batch] + [batch[0][1]] * (BATCH - len(batch)))
            yield from zip((frame for frame, _ in batch), self.gan.images(padded, BATCH), strict=False)

    @property
    def image_size(self) -> int:
        """Height and width of the images."""
        return self.gan.hparams["image_size"]

    def latents(self) -> Iterator[tuple[Frame, Tensor]]:
        """Each image's frame and latent (1, Z + K)."""
        if self.interpolation is None:
            for seed in self.seeds:
                yield Frame(seed, seed), self.latents_of([seed])
            return
        steps = self.interpolation
        for start, end in pairwise(self.seeds):
            ends = self.latents_of([start, end])
            yield Frame(start, start), ends[:1]
            for step, latent in enumerate(interpolate(self.gan, ends, steps)[1:-1], start=1):
                yield Frame(start, end, step, steps), latent[None]
        yield Frame(end, end), ends[1:]

    def latents_of(self, seeds: Iterable[int]) -> Tensor:
        """The latents (N, Z + K) of some seeds."""
        return seeded_latents(self.gan, list(seeds), label=self.label, truncation=self.truncation)


def check_label(gan: GAN, label: int | None, checkpoint: Path) -> None:
    """Refuse a label that the GAN can't draw, and no label where it needs one."""
    known = " or ".join(f"label={number}" for number in range(gan.classes))
    if gan.classes and label is None:
        raise InputError(f"the GAN of {checkpoint} draws either class; say which with {known}.")
    if gan.classes == 0 and label is not None:
        raise InputError(f"label is {label} and the GAN of {checkpoint} knows no classes; leave label out.")
    if label is not None and not 0 <= label < gan.classes:
        raise InputError(f"label must be {known.replace('label=', '')}, got {label}.")
