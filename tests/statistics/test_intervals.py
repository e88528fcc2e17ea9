import math

import pytest
from scipy import stats

from leukgan.statistics.intervals import difference_of_estimates, wilson_interval


def test_wilson_interval_is_its_closed_form():
    z, n, p = stats.norm.ppf(0.975), 52, 43 / 52
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert wilson_interval(43, 52)[:3] == pytest.approx((p, centre - half, centre + half))


def test_the_interval_of_a_difference_is_newcombe_s_published_one():
    """56 of 70 against 48 of 80, method 10 of Newcombe (1998)."""
    found = difference_of_estimates(wilson_interval(56, 70), wilson_interval(48, 80))
    assert found[:3] == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
