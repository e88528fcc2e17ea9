"""Bootstrap intervals: what other images of the same kind would have given."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leukgan.statistics.intervals import ALPHA, Estimate

RESAMPLES = 1000

Numbers = NDArray[np.float64]


def resample_counts(count: int, seed: int) -> Numbers:
    """How often each of `count` images occurs in each resample: (1 + RESAMPLES, count), the first a row of ones.

    The first row is the set itself, so that value and interval come from one formula. Resamples of a single image,
    which only very small sets have, are left out: they have no pairs. `count` is at least 2.
    """
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=4 * RESAMPLES)
    varied = drawn[(drawn > 0).sum(1) > 1][:RESAMPLES]
    return np.concatenate([np.ones((1, count)), varied])


def bootstrap_estimate(values: Numbers) -> Estimate:
    """The estimate from a metric's values (1 + RESAMPLES,) on the set itself and on its resamples."""
    low, high = np.quantile(values[1:], (ALPHA / 2, 1 - ALPHA / 2))
    return Estimate(float(values[0]), float(low), float(high), standard_error=float(values[1:].std()))


def mean_over_images(values: ArrayLike, seed: int) -> Estimate:
    """The mean of one value per image (N,)."""
    x = np.asarray(values, dtype=np.float64)
    return bootstrap_estimate(resample_counts(len(x), seed) @ x / len(x))


def mean_over_pairs(pairs: Numbers, counts: Numbers) -> Numbers:
    """The mean over pairs of different images (N, N) in each resample (R, N): (R,).

    An image that was drawn twice makes no pair with itself: such pairs, which the set never has, would bias the mean.
    """
    squares = counts**2
    total = ((counts @ pairs) * counts).sum(1) - squares @ pairs.diagonal()
    return total / (counts.sum(1) ** 2 - squares.sum(1))
