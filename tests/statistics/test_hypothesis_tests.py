import math

import numpy as np
import pytest
from scipy import stats

from leukgan.statistics import hypothesis_tests as ours


def test_wilson_interval_is_its_closed_form():
    z, n, p = stats.norm.ppf(0.975), 52, 43 / 52
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert ours.wilson_interval(43, 52) == pytest.approx((centre - half, centre + half))


@pytest.mark.parametrize(("first", "second", "p"), [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125)])
def test_exact_mcnemar_p_is_two_binomial_tails(first, second, p):
    assert ours.exact_mcnemar_p(first, second) == pytest.approx(p)
    assert ours.exact_mcnemar_p(second, first) == pytest.approx(p)


def test_exact_mcnemar_p_counts_both_tails_by_hand():
    assert ours.exact_mcnemar_p(5, 1) == pytest.approx(2 * (1 + 6) / 2**6)


def test_paired_interval_joins_two_clopper_pearson_intervals():
    result = ours.paired_test(3, 1, 52)

    def bounds(k: int) -> tuple[float, float]:
        return stats.beta.ppf(0.0125, k, 52 - k + 1), stats.beta.ppf(0.9875, k + 1, 52 - k)

    (low_b, high_b), (low_c, high_c) = bounds(3), bounds(1)
    assert result.difference == pytest.approx(2 / 52)
    assert (result.low, result.high) == pytest.approx((low_b - high_c, high_b - low_c))


def test_paired_interval_covers_the_truth_at_least_as_often_as_it_says():
    rng = np.random.default_rng(0)
    draws = rng.multinomial(52, [0.12, 0.05, 0.83], size=400)
    results = [ours.paired_test(int(b), int(c), 52) for b, c, _ in draws]
    assert np.mean([r.low <= 0.07 <= r.high for r in results]) >= 0.95


def test_swapping_the_classifiers_mirrors_the_paired_test():
    one, other = ours.paired_test(4, 1, 52), ours.paired_test(1, 4, 52)
    assert (other.difference, other.low, other.high) == pytest.approx((-one.difference, -one.high, -one.low))
    assert other.p == one.p


def test_six_images_are_the_smallest_detectable_gain():
    assert ours.smallest_detectable_images(52) == 6
    assert ours.smallest_detectable_images(52, alpha=0.05 / 6) == 8
    assert ours.smallest_detectable_images(5) is None


def test_corrected_t_by_hand():
    result = ours.corrected_resampled_t([0.02, 0.04, 0.06], 0.25)
    error = 0.02 * math.sqrt(1 / 3 + 0.25)
    assert result.difference == pytest.approx(0.04)
    assert result.high - result.difference == pytest.approx(4.302653 * error, rel=1e-6)
    assert result.p == pytest.approx(2 * stats.t.sf(0.04 / error, 2))


def test_without_correction_the_t_test_is_scipys():
    differences = [0.01, -0.02, 0.05, 0.03]
    reference = stats.ttest_1samp(differences, 0)
    result = ours.corrected_resampled_t(differences, 0.0)
    interval = reference.confidence_interval()
    assert result.p == pytest.approx(reference.pvalue)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))


def test_equal_differences_give_no_interval_and_no_p():
    result = ours.corrected_resampled_t([0.1, 0.1, 0.1], 0.25)
    assert (result.difference, result.low, result.high, result.p) == (pytest.approx(0.1), None, None, None)


def test_holm_by_hand():
    assert ours.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert ours.holm([0.6, 0.7]) == [1.0, 1.0]


def test_undefined_p_stays_undefined_and_counts_in_the_family():
    assert ours.holm([0.02, None]) == [pytest.approx(0.04), None]


def test_power_is_half_the_level_without_an_effect_and_one_for_a_large_one():
    assert ours.power_of_corrected_t(0.0, 0.1, 10) == pytest.approx(0.025)  # the other half finds the wrong sign
    assert ours.power_of_corrected_t(0.0, 0.1, 10, alpha=0.01) == pytest.approx(0.005)
    assert ours.power_of_corrected_t(2.0, 0.1, 10) == pytest.approx(1)
    assert ours.power_of_corrected_t(-0.01, 0.0, 10) == 1
    assert ours.power_of_corrected_t(0.0, 0.0, 10) == pytest.approx(0.025)
    assert ours.power_of_corrected_t(-0.3, 0.1, 10) == pytest.approx(ours.power_of_corrected_t(0.3, 0.1, 10))


def test_power_is_how_often_the_test_finds_the_difference():
    differences = np.random.default_rng(0).normal(0.03, 0.04, (1500, 8))
    found = np.mean([ours.corrected_resampled_t(d.tolist(), 0.0).p < 0.05 for d in differences])
    assert found == pytest.approx(ours.power_of_corrected_t(0.03, ours.corrected_error(0.04, 8, 0), 8), abs=0.03)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 6])
@pytest.mark.parametrize("splits", [2, 3, 10])
def test_smallest_detectable_difference_is_found_four_times_of_five(splits, alpha):
    smallest = ours.smallest_detectable_difference(0.02, splits, alpha)
    assert ours.power_of_corrected_t(smallest, 0.02, splits, alpha) == pytest.approx(0.8)


def test_spread_of_disagreement_is_that_of_drawn_test_images():
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(52, [0.1, 0.1, 0.8], size=4000)
    differences = (drawn[:, 0] - drawn[:, 1]) / 52
    assert ours.spread_of_disagreement(0.2, 52) == pytest.approx(differences.std(), rel=0.05)


def test_corrected_error_grows_with_the_share_of_test_images():
    assert ours.corrected_error(0.1, 10, 0.25) == pytest.approx(0.1 * math.sqrt(0.35))
    assert ours.corrected_error(0.1, 10**9, 0.25) == pytest.approx(0.05)
