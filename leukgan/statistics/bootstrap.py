"""How sure a measure is: what other images of the same kind would have given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000

Numbers = NDArray[np.float64]


class Estimate(NamedTuple):
    """A measure, its standard error and the ends of its 95% interval, by the bootstrap over images."""

    value: float
    error: float
    low: float
    high: float


def resamples(count: int, seed: int) -> Numbers:
    """How often each of `count` images comes in each resample: (1 + RESAMPLES, count), the first a row of ones.

    The first row is the set itself, so that value and interval come from one formula. Resamples of one image alone,
    which only very small sets have, are left out: they have no pairs.

    Args:
        count: At least 2.
        seed: Of the draws.
    """
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=4 * RESAMPLES)
    varied = drawn[(drawn > 0).sum(1) > 1][:RESAMPLES]
    return np.concatenate([np.ones((1, count)), varied])


def estimate(values: Numbers) -> Estimate:
    """The estimate from a measure's values on the set itself and on its resamples (1 + RESAMPLES,)."""
    low, high = np.quantile(values[1:], (0.025, 0.975))
    return Estimate(float(values[0]), float(values[1:].std()), float(low), float(high))


def mean_over_images(values: Numbers, seed: int) -> Estimate:
    """The mean of one value an image (N,)."""
    counts = resamples(len(values), seed)
    return estimate(counts @ values / len(values))


def mean_over_pairs(pairs: Numbers, counts: Numbers) -> Numbers:
    """The mean over pairs of different images (N, N) in each resample (R, N): (R,).

    An image that was drawn twice makes no pair with itself: such pairs, which the set never has, would bias the mean.
    """
    squares = counts**2
    total = ((counts @ pairs) * counts).sum(1) - squares @ pairs.diagonal()
    return total / (counts.sum(1) ** 2 - squares.sum(1))
