"""The tests and intervals of the report: pure functions of counts and differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.optimize import brentq
from scipy.stats import binomtest, nct, t

ALPHA = 0.05
POWER = 0.8  # of the smallest difference that a design is said to find


@dataclass(frozen=True)
class TestResult:
    """A difference of two accuracies (fractions), its 95% interval and two-sided p; None where undefined.

    `error` and `df` are the standard error and degrees of freedom of a t test.
    """

    __test__ = False  # no test case, whatever pytest makes of the name

    difference: float
    low: float | None
    high: float | None
    p: float | None
    error: float | None = None
    df: float | None = None


def wilson_interval(successes: int, n: int) -> tuple[float, float]:
    """Wilson's 95% interval of a proportion."""
    interval = binomtest(successes, n).proportion_ci(confidence_level=1 - ALPHA, method="wilson")
    return float(interval.low), float(interval.high)


def exact_mcnemar_p(only_first: int, only_second: int) -> float:
    """Two-sided exact p of McNemar's test on the discordant pairs; 1 where there is none."""
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0


def paired_test(only_first: int, only_second: int, n: int) -> TestResult:
    """Exact McNemar test on one test set of n images, with a conservative interval of the difference.

    The interval joins two Clopper-Pearson intervals of 97.5% (Bonferroni), one for each discordant proportion, so it
    covers at least 95%.

    Args:
        only_first: Images that only the first classifier got right.
        only_second: Images that only the second got right.
        n: All images of the test set.
    """
    first = binomtest(only_first, n).proportion_ci(confidence_level=1 - ALPHA / 2, method="exact")
    second = binomtest(only_second, n).proportion_ci(confidence_level=1 - ALPHA / 2, method="exact")
    return TestResult(
        difference=(only_first - only_second) / n,
        low=float(first.low - second.high),
        high=float(first.high - second.low),
        p=exact_mcnemar_p(only_first, only_second),
    )


def smallest_detectable_images(n: int, alpha: float = ALPHA) -> int | None:
    """The fewest one-way discordant images of n whose exact McNemar p is below alpha; None if n images are too few."""
    return next((k for k in range(1, n + 1) if exact_mcnemar_p(k, 0) < alpha), None)


def corrected_resampled_t(differences: Sequence[float], test_to_train: float) -> TestResult:
    """Corrected resampled t test over splits (Nadeau and Bengio, 2003): variance s^2 (1/K + n_test/n_train).

    Where all differences are equal there is no variance to judge from: interval and p are undefined.

    Args:
        differences: One difference of accuracies for each of K >= 2 splits.
        test_to_train: Test images over real training images.
    """
    k = len(differences)
    mean = fmean(differences)
    if max(differences) - min(differences) < 1e-12:
        return TestResult(mean, None, None, None)
    return t_result(mean, corrected_error(stdev(differences), k, test_to_train), k - 1)


def t_result(mean: float, error: float, df: float) -> TestResult:
    """The t test of a mean difference with this standard error and these degrees of freedom."""
    half_width = float(t.ppf(1 - ALPHA / 2, df)) * error
    return TestResult(mean, mean - half_width, mean + half_width, float(2 * t.sf(abs(mean) / error, df)), error, df)


def corrected_error(spread: float, splits: int, test_to_train: float) -> float:
    """Standard error of the mean difference over splits that share images (Nadeau and Bengio, 2003).

    Args:
        spread: Standard deviation of the differences over splits.
        splits: Their number K.
        test_to_train: Test images over real training images.
    """
    return spread * math.sqrt(1 / splits + test_to_train)


def power_of_corrected_t(difference: float, error: float, splits: int, alpha: float = ALPHA) -> float:
    """Chance that the corrected test finds a true difference, and its sign, by the noncentral t distribution.

    Without an error every difference is found.

    Args:
        difference: The true one.
        error: The corrected standard error.
        splits: Their number K >= 2.
        alpha: Level of the test.
    """
    if error == 0 and difference != 0:
        return 1.0
    return power_of_t(difference / error if difference else 0.0, splits - 1, alpha)


def power_of_t(ratio: float, df: float, alpha: float = ALPHA) -> float:
    """Chance that a t test finds a true difference of `ratio` standard errors, and its sign."""
    return float(nct.sf(t.ppf(1 - alpha / 2, df), df, abs(ratio)))


def smallest_detectable_difference(error: float, splits: int, alpha: float = ALPHA) -> float:
    """The true difference that the corrected test finds with 80% power, as `power_of_corrected_t` takes it."""
    return smallest_found(error, splits - 1, alpha)


def smallest_found(error: float, df: float, alpha: float = ALPHA) -> float:
    """The true difference that a t test with this standard error and these degrees of freedom finds with 80% power."""

    def lack(ratio: float) -> float:
        return power_of_t(ratio, df, alpha) - POWER

    largest = 2.0
    while lack(largest) < 0:
        largest *= 2
    return error * float(brentq(lack, 0, largest))


def spread_of_disagreement(share: float, n: int) -> float:
    """Standard deviation of a split's difference where two classifiers disagree on this share of n test images.

    It is the chance in the choice of test images alone, of a difference that is small beside the share.
    """
    return math.sqrt(share / n)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's adjusted p values; an undefined p counts in the family as 1 and stays undefined."""
    filled = [1.0 if p is None else p for p in p_values]
    adjusted = [0.0] * len(filled)
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(filled)), key=lambda i: filled[i])):
        largest = max(largest, min(1.0, (len(filled) - rank) * filled[i]))
        adjusted[i] = largest
    return [None if p is None else a for p, a in zip(p_values, adjusted, strict=True)]
