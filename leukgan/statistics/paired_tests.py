"""Tests of the difference between two classifiers that are tested on the same images, and their correction."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

import numpy as np
from scipy.stats import binomtest, t

from leukgan.statistics.intervals import ALPHA, Estimate


def exact_mcnemar_p(only_first: int, only_second: int) -> float:
    """Two-sided exact p of McNemar's test on the discordant pairs; 1 if there are none."""
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0


def mcnemar_test(only_first: int, only_second: int, n: int) -> Estimate:
    """Difference of accuracies on one test set of n images, by the exact McNemar test.

    The interval joins two Clopper-Pearson intervals of 97.5% (Bonferroni), one for each discordant proportion, so it
    covers at least 95%.

    `only_first` and `only_second` count the images that only one of the classifiers got right.
    """
    first = binomtest(only_first, n).proportion_ci(confidence_level=1 - ALPHA / 2, method="exact")
    second = binomtest(only_second, n).proportion_ci(confidence_level=1 - ALPHA / 2, method="exact")

    return Estimate(
        value=(only_first - only_second) / n,
        low=float(first.low - second.high),
        high=float(first.high - second.low),
        p=exact_mcnemar_p(only_first, only_second),
    )


def corrected_resampled_t_test(differences: Sequence[float], test_to_train: float) -> Estimate:
    """Mean difference over splits that share images, by the corrected resampled t test (Nadeau and Bengio, 2003).

    There is one difference of accuracies for each of K >= 2 splits, whose test images over real training images are
    `test_to_train`. If all are equal there is no variance to judge from: interval and p are undefined.
    """
    splits = len(differences)
    mean = fmean(differences)
    if max(differences) - min(differences) < 1e-12:
        return Estimate(mean)

    return t_test(mean, corrected_standard_error(stdev(differences), splits, test_to_train), splits - 1)


def t_test(mean: float, standard_error: float, df: float) -> Estimate:
    """Student's t test of a mean against zero, with its interval."""
    half_width = float(t.ppf(1 - ALPHA / 2, df)) * standard_error
    p = float(2 * t.sf(abs(mean) / standard_error, df))
    return Estimate(mean, mean - half_width, mean + half_width, standard_error, p, df)


def corrected_standard_error(spread: float, splits: int, test_to_train: float) -> float:
    """Standard error of the mean difference over K splits that share images: s sqrt(1/K + n_test/n_train).

    `spread` is the standard deviation s of the differences over splits.
    """
    return spread * math.sqrt(1 / splits + test_to_train)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values; an undefined p (NaN) counts in the family as 1 and stays undefined."""
    p = np.asarray(p_values, dtype=np.float64)
    filled = np.where(np.isnan(p), 1.0, p)

    # The smallest p is multiplied by the size of the family, the next by one less, and so on, never decreasing.
    order = np.argsort(filled, kind="stable")
    scaled = filled[order] * (len(p) - np.arange(len(p)))
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(scaled).clip(max=1.0)

    return np.where(np.isnan(p), np.nan, adjusted).tolist()
