"""Statistical power, and the smallest effect that a design can detect."""

import math

from scipy.optimize import brentq
from scipy.stats import nct, t

from leukgan.statistics.intervals import ALPHA
from leukgan.statistics.paired_tests import exact_mcnemar_p

POWER = 0.8  # at which an effect counts as detectable


def power(effect: float, standard_error: float, df: float, alpha: float = ALPHA) -> float:
    """Chance that a t test detects a true effect, and its sign, by the noncentral t distribution.

    Without a standard error every effect is detected.
    """
    if standard_error == 0 and effect != 0:
        return 1.0
    noncentrality = abs(effect / standard_error) if effect else 0.0
    return float(nct.sf(t.ppf(1 - alpha / 2, df), df, noncentrality))


def minimum_detectable_effect(standard_error: float, df: float, alpha: float = ALPHA) -> float:
    """The true effect that a t test with this standard error and these degrees of freedom detects with 80% power."""

    def missing_power(ratio: float) -> float:
        return power(ratio, 1.0, df, alpha) - POWER

    largest = 2.0
    while missing_power(largest) < 0:
        largest *= 2
    return standard_error * float(brentq(missing_power, 0, largest))


def minimum_detectable_images(n: int, alpha: float = ALPHA) -> int | None:
    """The fewest one-way discordant images of n whose exact McNemar p is below alpha; None if n images are too few."""
    return next((k for k in range(1, n + 1) if exact_mcnemar_p(k, 0) < alpha), None)


def disagreement_spread(share: float, n: int) -> float:
    """Standard deviation of a split's difference if two classifiers disagree on this share of n test images.

    It is the chance in the choice of test images alone, for a difference that is small beside the share.
    """
    return math.sqrt(share / n)
