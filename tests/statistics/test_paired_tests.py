import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

from leukgan.statistics.paired_tests import (
    corrected_resampled_t_test,
    exact_mcnemar_p,
    holm,
    mcnemar_test,
)


@pytest.mark.parametrize(("first", "second", "p"), [(0, 0, 1.0), (5, 0, 0.0625), (5, 1, 14 / 64)])
def test_exact_mcnemar_p_is_two_binomial_tails(first, second, p):
    assert exact_mcnemar_p(first, second) == pytest.approx(p)
    assert exact_mcnemar_p(second, first) == pytest.approx(p)


def test_paired_interval_joins_two_clopper_pearson_intervals():
    result = mcnemar_test(3, 1, 52)

    def bounds(k: int) -> tuple[float, float]:
        return stats.beta.ppf(0.0125, k, 52 - k + 1), stats.beta.ppf(0.9875, k + 1, 52 - k)

    (low_b, high_b), (low_c, high_c) = bounds(3), bounds(1)
    assert result.value == pytest.approx(2 / 52)
    assert (result.low, result.high) == pytest.approx((low_b - high_c, high_b - low_c))


def test_paired_interval_covers_the_truth_at_least_as_often_as_it_says():
    rng = np.random.default_rng(0)
    draws = rng.multinomial(52, [0.12, 0.05, 0.83], size=400)
    test = cache(mcnemar_test)
    results = [test(int(b), int(c), 52) for b, c, _ in draws]
    assert np.mean([r.low <= 0.07 <= r.high for r in results]) >= 0.95


def test_corrected_t_by_hand():
    result = corrected_resampled_t_test([0.02, 0.04, 0.06], 0.25)
    error = 0.02 * math.sqrt(1 / 3 + 0.25)
    assert result.value == pytest.approx(0.04)
    assert result.high - result.value == pytest.approx(4.302653 * error, rel=1e-6)
    assert result.p == pytest.approx(2 * stats.t.sf(0.04 / error, 2))


def test_without_correction_the_t_test_is_scipys():
    differences = [0.01, -0.02, 0.05, 0.03]
    reference = stats.ttest_1samp(differences, 0)
    result = corrected_resampled_t_test(differences, 0.0)
    interval = reference.confidence_interval()
    assert result.p == pytest.approx(reference.pvalue)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))


def test_equal_differences_give_no_interval_and_no_p():
    result = corrected_resampled_t_test([0.1, 0.1, 0.1], 0.25)
    assert result.value == pytest.approx(0.1)
    assert not result.has_interval
    assert math.isnan(result.p)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def test_undefined_p_stays_undefined_and_counts_in_the_family():
    assert holm([0.02, math.nan]) == pytest.approx([0.04, math.nan], nan_ok=True)
