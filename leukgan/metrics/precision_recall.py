"""Whether generated images lie among real ones and reach all of them: precision, recall, density, coverage, realism.

Every set's manifold is the union of balls around its images, each as wide as the way to its k-th nearest neighbour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from leukgan.statistics.bootstrap import mean_over_images
from leukgan.statistics.intervals import Estimate

NEIGHBOURS = 5

Vectors = NDArray[np.float64]  # (N, F): one feature vector an image


def neighbours_of(count: int) -> int:
    """The k for sets of which the smallest has `count` images: 5, as in the literature, or a quarter of few images."""
    return max(1, min(NEIGHBOURS, count // 4))


def manifold_measures(real: Vectors, fake: Vectors, k: int, seed: int) -> dict[str, Estimate]:
    """Precision and recall (Kynkäänniemi et al., 2019), density and coverage (Naeem et al., 2020).

    Each is a mean over images: precision and density over the generated ones, recall and coverage over the real ones;
    the interval is over those images, with the other set as it is.

    Args:
        real: Features (N, F) of real images, N above k.
        fake: Features (M, F) of generated images, M above k.
        k: Neighbours that a ball reaches to.
        seed: Of the resamples.
    """
    between = cdist(real, fake)  # (N, M)
    real_reach, fake_reach = reach(real, k), reach(fake, k)
    within = between < real_reach[:, None]
    values = {
        "precision": within.any(0),
        "recall": (between < fake_reach).any(1),
        "density": within.sum(0) / k,
        "coverage": between.min(1) < real_reach,
    }
    return {name: mean_over_images(value.astype(np.float64), seed) for name, value in values.items()}


def realism(real: Vectors, fake: Vectors, k: int) -> Vectors:
    """How far inside the real manifold each generated image lies (M,): 1 at its surface (Kynkäänniemi et al., 2019).

    The half of the real images with the larger balls is left out, as there: a ball that is wide for want of neighbours
    holds almost anything.
    """
    radius = reach(real, k)
    kept = radius <= np.median(radius)
    scores: Vectors = (radius[kept, None] / np.maximum(cdist(real[kept], fake), 1e-12)).max(0)
    return scores


def reach(vectors: Vectors, k: int) -> Vectors:
    """Each image's distance to its k-th nearest other image (N,)."""
    return np.partition(cdist(vectors, vectors), k, axis=1)[:, k]
