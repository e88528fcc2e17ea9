"""The embedded data set: rendered blood smears whose classes differ as leukemic blasts differ from healthy cells."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leukgan.data.images import CellImages, check_classes, check_image_size
from leukgan.data.smear_cells import Frame, WhiteCell, photograph
from leukgan.errors import InputError


@dataclass(frozen=True)
class Trait:
    """Mean and spread of a normal distribution for each class, cut at the limits of what a cell can be."""

    healthy: tuple[float, float]
    leukemia: tuple[float, float]
    limits: tuple[float, float]

    def draw(self, rng: np.random.Generator, label: int) -> float:
        """A value for a cell of this class."""
        mean, spread = (self.healthy, self.leukemia)[label]
        return float(np.clip(rng.normal(mean, spread), *self.limits))


# Blasts are larger and less alike, a folded nucleus nearly fills them, their chromatin is fine, pale, with nucleoli.
# How far the classes overlap sets how hard they are to tell apart: as hard as the study's, which a test holds.
TRAITS = {
    "radius": Trait((0.42, 0.035), (0.51, 0.09), limits=(0.30, 0.70)),
    "nucleus_ratio": Trait((0.60, 0.06), (0.72, 0.09), limits=(0.35, 0.90)),
    "fold": Trait((0.05, 0.10), (0.18, 0.15), limits=(0.0, 0.5)),
    "wobble": Trait((0.022, 0.010), (0.040, 0.014), limits=(0.005, 0.08)),
    "density": Trait((1.02, 0.07), (0.98, 0.18), limits=(0.6, 1.5)),
    "clumping": Trait((0.28, 0.05), (0.16, 0.05), limits=(0.05, 0.4)),
    "grain": Trait((0.070, 0.012), (0.040, 0.012), limits=(0.025, 0.1)),
    "basophilia": Trait((0.85, 0.12), (1.05, 0.25), limits=(0.4, 1.6)),
}
NUCLEOLI = (0.2, 1.4)  # mean count in a healthy cell and in a blast


def draw_white_cell(rng: np.random.Generator, label: int) -> WhiteCell:
    """A white cell of a class, 0 healthy or 1 leukemia."""
    traits = {name: trait.draw(rng, label) for name, trait in TRAITS.items()}
    return WhiteCell(**traits, nucleoli=int(rng.poisson(NUCLEOLI[label])))


def render_smears(
    *, image_size: int, count: int = 260, seed: int = 0, classes: Sequence[str] = ("healthy", "leukemia")
) -> CellImages:
    """Crops of a stained smear with one white cell each, classes in turn; each depends on seed, index and size only."""
    frame = Frame(image_size=check_image_size(image_size))
    names = check_classes(classes)
    if count < 2 or count % 2:
        raise InputError(f"data.count must be an even number from 2, half for each class, got {count}; use 260.")
    labels = np.arange(count, dtype=np.int64) % 2
    images = np.empty((count, 3, image_size, image_size), np.uint8)
    for index, label in enumerate(labels):
        rng = np.random.default_rng([seed, index])
        images[index] = photograph(frame, rng, draw_white_cell(rng, int(label)))
    return CellImages(
        images=images,
        labels=labels,
        names=tuple(f"smear_{index + 1:04d}_{label}" for index, label in enumerate(labels)),
        sha256=tuple(hashlib.sha256(image.tobytes()).hexdigest() for image in images),
        classes=names,
    )
