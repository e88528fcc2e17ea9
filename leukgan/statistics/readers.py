"""Statistics of readers who judged the same images: exact interval, agreement, and the images that a test needs."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from leukgan.statistics.intervals import ALPHA, Estimate

CHANCE = 0.5  # accuracy of guessing between real and generated


def exact_interval(successes: int, n: int) -> Estimate:
    """A proportion with its exact 95% interval (Clopper and Pearson, 1934) and the exact test against guessing."""
    test = binomtest(successes, n, CHANCE)
    interval = test.proportion_ci(confidence_level=1 - ALPHA, method="exact")
    return Estimate(successes / n, float(interval.low), float(interval.high), p=float(test.pvalue))


def half_width(n: int) -> float:
    """Half the length of the exact interval of n answers, half of them right: the widest that n answers can have."""
    found = exact_interval(n // 2, n)
    return (found.high - found.low) / 2


def images_needed(precision: float) -> int:
    """The smallest number of images from which on the exact interval reaches at most `precision` to each side."""
    low, high = 1, 4
    while half_width(high) > precision:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if half_width(middle) <= precision else (middle, high)
    return high


def kappa(answers: NDArray[np.int64]) -> float:
    """Agreement beyond chance of readers on images: Cohen's kappa of two readers, Fleiss' of more.

    Answers are categories (R, N) from 0, of at least two readers. 1 is full agreement, 0 what chance gives; NaN if all
    gave one and the same answer throughout.
    """
    readers, images = answers.shape
    categories = int(answers.max()) + 1
    votes = np.stack([(answers == category).sum(axis=0) for category in range(categories)])  # (K, N)
    observed = float((votes * (votes - 1)).sum() / (images * readers * (readers - 1)))

    # Cohen lets each reader keep frequencies of their own, Fleiss takes those of all readers together.
    if readers == 2:
        own = np.stack([(answers == category).mean(axis=1) for category in range(categories)])  # (K, 2)
        expected = float(own.prod(axis=1).sum())
    else:
        expected = float(np.square(votes.sum(axis=1) / (images * readers)).sum())
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan
