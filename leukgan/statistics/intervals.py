"""An estimate with its 95% interval: Wilson's of a proportion, the bootstrap's, and the variance of an AUC."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, mannwhitneyu

ALPHA = 0.05  # level of every test; intervals cover 1 - ALPHA
RESAMPLES = 1000

Numbers = NDArray[np.float64]


class Estimate(NamedTuple):
    """A value with its 95% interval, and the two-sided test that the true value is zero; NaN where undefined."""

    value: float
    low: float = math.nan
    high: float = math.nan
    standard_error: float = math.nan
    p: float = math.nan
    df: float = math.nan

    @property
    def interval(self) -> tuple[float, float]:
        return self.low, self.high

    @property
    def has_interval(self) -> bool:
        return not (math.isnan(self.low) or math.isnan(self.high))

    def columns(self, name: str) -> dict[str, float]:
        """The value and the ends of its interval as columns of a table: NAME, NAME_low, NAME_high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def difference_of_estimates(first: Estimate, second: Estimate) -> Estimate:
    """The first value less the second with an interval from both of theirs, as if they were independent.

    The method of variance estimates recovery (Zou and Donner, 2008), which for two of Wilson's intervals is Newcombe's
    (1998). Where both values rise and fall together, the interval is too wide.
    """
    value = first.value - second.value
    below = math.hypot(first.value - first.low, second.high - second.value)
    above = math.hypot(first.high - first.value, second.value - second.low)
    return Estimate(value, value - below, value + above)


def wilson_interval(successes: int, n: int) -> Estimate:
    """A proportion with Wilson's 95% interval."""
    interval = binomtest(successes, n).proportion_ci(confidence_level=1 - ALPHA, method="wilson")
    return Estimate(successes / n, float(interval.low), float(interval.high))


def auc_with_variance(positive: NDArray[np.floating[Any]], negative: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """The chance that one of the positive values (P,) is larger than one of the negative (N,), and its variance.

    The variance is that of Hanley and McNeil (1982).
    """
    positives, negatives = len(positive), len(negative)
    auc = float(mannwhitneyu(positive, negative).statistic) / (positives * negatives)
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return auc, max(variance, 0.0) / (positives * negatives)


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
