import math

import numpy as np
import pytest
from scipy import stats

from leukgan.statistics.intervals import (
    RESAMPLES,
    difference_of_estimates,
    mean_over_images,
    mean_over_pairs,
    resample_counts,
    wilson_interval,
)


def test_wilson_interval_is_its_closed_form():
    z, n, p = stats.norm.ppf(0.975), 52, 43 / 52
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert wilson_interval(43, 52)[:3] == pytest.approx((p, centre - half, centre + half))


def test_the_interval_of_a_difference_is_newcombe_s_published_one():
    """56 of 70 against 48 of 80, method 10 of Newcombe (1998)."""
    found = difference_of_estimates(wilson_interval(56, 70), wilson_interval(48, 80))
    assert found[:3] == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_first_row_of_the_resamples_is_the_set_itself():
    counts = resample_counts(7, seed=0)
    assert counts.shape == (RESAMPLES + 1, 7)
    assert (counts[0] == 1).all()
    assert (counts.sum(1) == 7).all()
    assert counts[1:].std() > 0


def test_error_of_a_mean_is_the_standard_error():
    values = np.random.default_rng(0).normal(size=200)
    found = mean_over_images(values, seed=1)
    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(values.std() / 200**0.5, rel=0.1)
    assert (found.high - found.low) == pytest.approx(3.92 * found.standard_error, rel=0.1)


def test_mean_over_pairs_leaves_out_an_image_with_itself():
    pairs = np.random.default_rng(0).normal(size=(4, 4))
    expected = np.mean([pairs[i, j] for i in range(4) for j in range(4) if i != j])
    assert mean_over_pairs(pairs, np.ones((1, 4)))[0] == pytest.approx(expected)
    drawn = [0, 0, 3]  # twice the first image, once the last
    expected = np.mean([pairs[i, j] for a, i in enumerate(drawn) for b, j in enumerate(drawn) if i != j])
    assert mean_over_pairs(pairs, np.array([[2, 0, 0, 1.0]]))[0] == pytest.approx(expected)
