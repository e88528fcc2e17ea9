import math

import pytest
from scipy import stats

from leukgan.statistics.intervals import wilson_interval


def test_wilson_interval_is_its_closed_form():
    z, n, p = stats.norm.ppf(0.975), 52, 43 / 52
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert wilson_interval(43, 52)[:3] == pytest.approx((p, centre - half, centre + half))
