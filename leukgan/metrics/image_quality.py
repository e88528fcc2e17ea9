"""Every measure of a class's generated images, beside what real images and worthless ones would get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.images import CellImages
from leukgan.features import Features
from leukgan.metrics.diversity import diversity
from leukgan.metrics.frechet_distance import frechet_distance
from leukgan.metrics.kid import Views, features_of_views, kernel_distance, seeded_views
from leukgan.metrics.precision_recall import manifold_measures, neighbours_of
from leukgan.statistics.intervals import Estimate

IMAGES = 200  # of each set; of fewer cells, so many views
NOISE_IMAGES = 60
COLUMNS = (
    *("class", "measure", "value", "low", "high", "floor", "floor_low", "floor_high", "noise", "other_class"),
    *("unselected", "n_generated", "n_train", "n_test"),
)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Candidates:
    """Images that are compared with the real test part as if they were generated.

    Attributes:
        pixels: uint8 (V, N, 3, H, W), V views of each of N images.
        vectors: Their features (V, N, F).
    """

    pixels: Pixels
    vectors: Views


def measure_quality(
    *,
    train: CellImages,
    test: CellImages,
    generated: CellImages,
    unselected: CellImages | None,
    features: Features,
    seed: int,
    fid: bool = False,
    on_progress: Callable[[str], None] = lambda task: None,
) -> pd.DataFrame:
    """How the generated images of each class compare with the real test part, one row a class and measure (COLUMNS).

    `floor` is what the real training part gets in the generated images' place, the best that can be hoped for; `noise`
    and `other_class` are what random pixels and real training images of the other class get. A measure's name ends in
    the name of the features it was taken in. Real images are taken in random members of their orbits, from which the
    GAN learned.

    Args:
        train: The real training part.
        test: The real test part, at least 2 of each class.
        generated: The images that are measured.
        unselected: As many images of the same GANs that were not chosen for anything, where the others were.
        features: What the distances are taken in.
        seed: Of views, noise and resamples.
        fid: Whether the Frechet distance is measured too.
        on_progress: Is told in a few words what is being done.
    """

    def candidates(pixels: Pixels) -> Candidates:
        return Candidates(pixels, features_of_views(features, pixels))

    on_progress("features of the training images")
    real = [candidates(seeded_views(train.of_class(label).images, IMAGES, seed)) for label in (0, 1)]
    shape = (1, NOISE_IMAGES, *train.images.shape[1:])
    noise = candidates(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))
    rows = []
    for label, name in enumerate(train.classes):
        on_progress(f"features of {name}")
        reference = features_of_views(features, seeded_views(test.of_class(label).images, IMAGES, seed))
        sets = {"value": candidates(generated.of_class(label).images[None, :IMAGES])}
        sets |= {"floor": real[label], "noise": noise, "other_class": real[1 - label]}
        if unselected is not None:
            sets["unselected"] = candidates(unselected.of_class(label).images[None, :IMAGES])
        on_progress(f"measures of {name}")
        count = min(one.pixels.shape[1] for one in sets.values())
        measured = {
            place: dict(_measures(one, reference, count, features.name, seed, fid)) for place, one in sets.items()
        }
        for measure, one in measured["value"].items():
            row: dict[str, object] = {"class": name, "measure": measure}
            row |= {"value": one.value, "low": one.low, "high": one.high}
            row |= {place: found[measure].value for place, found in measured.items() if place != "value"}
            floor = measured["floor"][measure]
            row |= {"floor_low": floor.low, "floor_high": floor.high, "n_generated": sets["value"].pixels.shape[1]}
            rows.append(row | {"n_train": real[label].pixels.shape[1], "n_test": reference.shape[1]})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _measures(
    candidates: Candidates, reference: Views, count: int, features: str, seed: int, fid: bool
) -> Iterator[tuple[str, Estimate]]:
    """Name and estimate of each measure; those that depend on the number of images take `count` of them."""
    yield f"kid_{features}", kernel_distance(reference, candidates.vectors, seed)
    real, fake = reference[0], candidates.vectors[0, :count]
    for name, estimate in manifold_measures(real, fake, neighbours_of(min(len(real), count)), seed).items():
        yield f"{name}_{features}", estimate
    yield from diversity(candidates.pixels[0, :count], seed).items()
    if fid:
        yield f"fid_{features}", Estimate(frechet_distance(real, fake))
