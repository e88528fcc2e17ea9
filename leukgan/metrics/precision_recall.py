"""Whether generated images lie among real ones and reach all of them: precision, recall, density, coverage, realism.

A set's manifold is the union of balls around its images, each as wide as the distance to its k-th nearest neighbour.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from leukgan.statistics.intervals import Estimate, mean_over_images

NEIGHBOURS = 5

Vectors = NDArray[np.float64]  # (N, F): one feature vector an image


def choose_neighbours(count: int) -> int:
    """The k for sets of which the smallest has `count` images: 5, as in the literature, or a quarter of few images."""
    return max(1, min(NEIGHBOURS, count // 4))


def precision(real: Vectors, fake: Vectors, k: int, seed: int) -> Estimate:
    """Share of generated images inside the manifold of real ones (Kynkäänniemi et al., 2019).

    This and the next three metrics are means over images, the generated ones (precision, density) or the real ones
    (recall, coverage); their interval is over those images, with the other set as it is. Balls reach to the k-th
    neighbour; both sets have more than k images.
    """
    return mean_over_images(_inside_balls(real, fake, k).any(0), seed)


def recall(real: Vectors, fake: Vectors, k: int, seed: int) -> Estimate:
    """Share of real images inside the manifold of generated ones (Kynkäänniemi et al., 2019)."""
    return mean_over_images(_inside_balls(fake, real, k).any(0), seed)


def density(real: Vectors, fake: Vectors, k: int, seed: int) -> Estimate:
    """Mean number of real balls around a generated image, over k (Naeem et al., 2020)."""
    return mean_over_images(_inside_balls(real, fake, k).sum(0) / k, seed)


def coverage(real: Vectors, fake: Vectors, k: int, seed: int) -> Estimate:
    """Share of real images whose ball holds a generated image (Naeem et al., 2020)."""
    return mean_over_images(_inside_balls(real, fake, k).any(1), seed)


def realism(real: Vectors, fake: Vectors, k: int) -> Vectors:
    """How far inside the real manifold each generated image lies (M,): 1 at its surface (Kynkäänniemi et al., 2019).

    As in the paper, the half of the real images with the larger balls is left out: a ball that is wide for want of
    neighbours holds almost anything.
    """
    radius = kth_neighbour_distance(real, k)
    kept = radius <= np.median(radius)
    scores: Vectors = (radius[kept, None] / np.maximum(cdist(real[kept], fake), 1e-12)).max(0)
    return scores


def _inside_balls(centres: Vectors, others: Vectors, k: int) -> NDArray[np.bool_]:
    """Whether each of the other images (M, F) lies in the ball of each centre (N, F): (N, M)."""
    return cdist(centres, others) < kth_neighbour_distance(centres, k)[:, None]


def kth_neighbour_distance(vectors: Vectors, k: int) -> Vectors:
    """Distance of each image to its k-th nearest other image: (N,)."""
    return np.partition(cdist(vectors, vectors), k, axis=1)[:, k]
