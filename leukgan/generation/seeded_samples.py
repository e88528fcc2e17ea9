"""Images of one checkpoint, one per seed, and interpolations between them."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leukgan.errors import InputError
from leukgan.gans import GAN, interpolate, load_gan, seeded_latents
from leukgan.run_folder.files import sha256_of

BATCH = 16  # fixed, because the batch size changes how matrix products round
LARGEST_SEED = 2**32 - 1  # torch uses 32 bits of a seed on the CPU, so a larger one repeats a smaller one's image


@dataclass(frozen=True)
class Frame:
    """Origin of an image: a seed, or a step of the interpolation from `seed` to `to_seed`, which has `steps` steps."""

    seed: int
    to_seed: int
    step: int = 0
    steps: int = 1

    @property
    def part(self) -> float:
        """Position between the two seeds, from 0 to below 1."""
        return self.step / self.steps

    @property
    def name(self) -> str:
        """The image's name, which does not depend on the other images."""
        start = f"seed_{self.seed:05d}"
        return f"{start}_to_{self.to_seed:05d}_step_{self.step:02d}" if self.step else start


class SeededSamples:
    """The images of some seeds; iterating samples them in batches and yields pairs of frame and uint8 (3, H, W).

    Args:
        checkpoint: A training's last.ckpt.
        seeds: Seeds from 0 to 2^32 - 1, in order; each gives one image.
        truncation: Factor on the noise, above 0 and at most 1: below 1, images are more typical and less diverse.
        interpolation: Steps from each seed's image to the next one's; None for the seeds' images alone.
        label: Class of the images, for a class-conditional GAN.

    Raises:
        InputError: A value is out of range, the file is no checkpoint, or the label does not fit the GAN.
    """

    def __init__(
        self,
        checkpoint: Path,
        seeds: Collection[int],
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
        _check_label(self.gan, label, checkpoint)

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
            # The last batch is filled up, so that all have the same shape and round alike.
            padded = torch.cat([latent for _, latent in batch] + [batch[0][1]] * (BATCH - len(batch)))
            for (frame, _), image in zip(batch, self.gan.images(padded, BATCH), strict=False):
                yield frame, image

    @property
    def image_size(self) -> int:
        """Height and width of the images."""
        return self.gan.hparams["image_size"]

    def latents(self) -> Iterator[tuple[Frame, Tensor]]:
        """Each image's frame and latent (1, Z + K)."""
        if self.interpolation is None:
            for seed in self.seeds:
                yield Frame(seed, seed), self._seeded([seed])
            return

        steps = self.interpolation
        for start, end in pairwise(self.seeds):
            ends = self._seeded([start, end])
            yield Frame(start, start), ends[:1]
            for step, latent in enumerate(interpolate(self.gan, ends, steps)[1:-1], start=1):
                yield Frame(start, end, step, steps), latent[None]
        yield Frame(end, end), ends[1:]

    def _seeded(self, seeds: Sequence[int]) -> Tensor:
        """The latents (N, Z + K) of some seeds."""
        return seeded_latents(self.gan, seeds, label=self.label, truncation=self.truncation)


def _check_label(gan: GAN, label: int | None, checkpoint: Path) -> None:
    known = " or ".join(f"label={number}" for number in range(gan.classes))
    if gan.classes and label is None:
        raise InputError(f"the GAN of {checkpoint} draws either class; say which with {known}.")
    if gan.classes == 0 and label is not None:
        raise InputError(f"label is {label} and the GAN of {checkpoint} knows no classes; leave label out.")
    if label is not None and not 0 <= label < gan.classes:
        raise InputError(f"label must be {known.replace('label=', '')}, got {label}.")


@dataclass(frozen=True)
class _Ranges:
    """The seeds of several ranges in order, without a list of them all."""

    ranges: tuple[range, ...]

    def __len__(self) -> int:
        return sum(map(len, self.ranges))

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self.ranges)

    def __contains__(self, seed: object) -> bool:
        return any(seed in part for part in self.ranges)


def parse_seeds(value: str | int | Sequence[str | int] | None) -> Collection[int]:
    """The seeds that a text such as 0-99 or 3+7+20-29 names, both ends of a range included, or a list of such texts.

    Raises:
        InputError: The text has another form, or a seed is negative, too large or named twice.
    """
    text = "+".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value
    if text in (None, ""):
        raise InputError("seeds names none; write for example seeds=0-99.")

    ranges = tuple(_parse_range(part.strip()) for part in re.split("[+,]", str(text)))
    for before, after in pairwise(sorted(ranges, key=lambda part: part.start)):
        if after.start < before.stop:
            raise InputError(f"seeds names {after.start} twice, and a seed gives one image; name it once.")
    return _Ranges(ranges)


def _parse_range(text: str) -> range:
    if re.fullmatch(r"-[0-9]+(-[0-9]+)?", text):
        raise InputError(f"seeds must not be negative, got {text}; take 0 or more.")
    ends = re.fullmatch(r"([0-9]{1,20})(?:-([0-9]{1,20}))?", text)
    if ends is None:
        raise InputError(f"seeds must be numbers and ranges such as 0-99 or 3+7+20-29, got {text!r}.")
    first, last = int(ends[1]), int(ends[2] or ends[1])
    if last < first:
        raise InputError(f"the range {text} of seeds is empty; write {last}-{first}.")
    if last > LARGEST_SEED:
        raise InputError(f"seeds must be at most {LARGEST_SEED}, got {last}.")
    return range(first, last + 1)
