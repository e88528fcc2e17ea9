import math

import numpy as np
import pytest
from scipy import stats

from leukgan.statistics.multi_reader import expected_standard_error, multi_reader_t_test
from leukgan.statistics.power import minimum_detectable_effect
from leukgan.tools.simulation.crossed import (
    EFFECTS,
    crossed_studies,
    detection_rate,
    miss_rate,
    resampled_test,
    sets_alone_test,
    true_gain,
)


def values(result):
    return result.value, result.low, result.high, result.p


def test_closed_form_by_hand():
    """Sums of squares 2.4, 1.6 and 0.4, with 4, 1 and 4 degrees of freedom."""
    result = multi_reader_t_test(np.array([[1, 1], [1, 0], [1, 0], [1, 0], [0, -1]], dtype=float))
    error = math.sqrt((0.6 + (1.6 - 0.1)) / 10)
    assert (result.value, result.standard_error) == pytest.approx((0.4, error))
    assert result.df == pytest.approx(4 * (2.1 / 0.6) ** 2)
    assert result.high - result.value == pytest.approx(stats.t.ppf(0.975, 49) * error)
    assert result.value - result.low == pytest.approx(stats.t.ppf(0.975, 49) * error)
    assert result.p == pytest.approx(2 * stats.t.sf(0.4 / error, 49))


def test_it_is_the_analysis_of_variance_of_two_treatments_readers_and_cases():
    """Hillis (2007): F = MST / (MSTR + max(MSTC - MSTRC, 0)), from the three-way table with its interactions."""
    rng = np.random.default_rng(1)
    right = (rng.normal(1, 1, 60) + rng.normal(0, 0.7, (2, 7, 60)) > 0).astype(float)  # (treatment, reader, case)
    right[0] += rng.normal(0, 0.1, (7, 1))
    t, r, c = right.shape

    def mean(*kept):
        return right.mean(axis=tuple({0, 1, 2} - set(kept)), keepdims=True)

    ms_t = r * c * np.sum((mean(0) - mean()) ** 2) / (t - 1)
    ms_tr = c * np.sum((mean(0, 1) - mean(0) - mean(1) + mean()) ** 2) / (r - 1)
    ms_tc = r * np.sum((mean(0, 2) - mean(0) - mean(2) + mean()) ** 2) / (c - 1)
    interaction = right - mean(0, 1) - mean(0, 2) - mean(1, 2) + mean(0) + mean(1) + mean(2) - mean()
    ms_trc = np.sum(interaction**2) / ((r - 1) * (c - 1))
    below = ms_tr + max(ms_tc - ms_trc, 0)
    result = multi_reader_t_test(right[0] - right[1])
    assert result.df == pytest.approx(below**2 / (ms_tr**2 / (r - 1)))
    assert result.p == pytest.approx(stats.f.sf(ms_t / below, 1, result.df))
    assert result.standard_error == pytest.approx(math.sqrt(2 * below / (r * c)))


@pytest.mark.parametrize("sets", [3, 8])
def test_where_images_vary_no_more_than_the_residual_it_is_the_t_test_over_training_sets(sets):
    rng = np.random.default_rng(0)
    column = np.linspace(-1, 1, sets)
    differences = np.column_stack([column, *(rng.permutation(column) for _ in range(9))]) + 0.1  # equal image means
    reference = stats.ttest_1samp(differences.mean(axis=1), 0)
    interval = reference.confidence_interval()
    assert values(multi_reader_t_test(differences))[1:] == pytest.approx(
        (interval.low, interval.high, reference.pvalue)
    )


@pytest.mark.parametrize("differences", [np.eye(5), np.zeros((5, 4)), np.ones((2, 3))])
def test_equal_means_of_all_training_sets_give_no_interval_and_no_p(differences):
    undefined = (differences.mean(), math.nan, math.nan, math.nan)
    assert values(multi_reader_t_test(differences)) == pytest.approx(undefined, nan_ok=True)


@pytest.mark.parametrize(("images", "training"), EFFECTS)
@pytest.mark.parametrize("sets", [5, 10])
def test_without_a_gain_five_studies_of_a_hundred_raise_a_false_alarm(sets, images, training):
    assert miss_rate(multi_reader_t_test, 0.0, crossed_studies(800, sets, 200, images, training, 0)) == pytest.approx(
        0.05, abs=0.02
    )


def test_the_interval_covers_a_true_gain_in_95_studies_of_a_hundred():
    gain = true_gain(0.5, 0.2, 0.3)
    assert miss_rate(multi_reader_t_test, gain, crossed_studies(800, 8, 200, 0.5, 0.2, 0.3)) == pytest.approx(
        0.05, abs=0.02
    )


@pytest.mark.parametrize(("images", "training"), EFFECTS)
def test_few_training_sets_raise_no_more_false_alarms_than_they_may(images, training):
    assert 0 <= miss_rate(multi_reader_t_test, 0.0, crossed_studies(600, 3, 200, images, training, 0)) <= 0.065


def test_the_other_tests_err_where_images_and_training_sets_are_crossed():
    def alarms(test):
        return miss_rate(test, 0.0, crossed_studies(400, 10, 1000, 0.5, 0.0, 0))

    assert alarms(sets_alone_test) > 0.2
    assert alarms(resampled_test) < 0.01


def test_expected_error_is_that_of_images_which_change_with_every_training_set():
    sets, n, spread, share = 8, 500, 0.03, 0.1
    rng = np.random.default_rng(0)
    changes = rng.choice([-1, 0, 1], (2000, n), p=[share / 2, 1 - share, share / 2])
    means = changes.mean(axis=1) + rng.normal(0, spread, (2000, sets)).mean(axis=1)
    error, df = expected_standard_error(sets, n, spread, share)
    assert error == pytest.approx(means.std(), rel=0.05)
    one = multi_reader_t_test(changes[0] + rng.normal(0, spread, (sets, 1)))
    assert df == pytest.approx((sets - 1) * (sets * error**2 / spread**2) ** 2)
    assert one.df > sets - 1


def test_smallest_gain_of_a_design_is_found_four_times_of_five():
    sets, n, spread, share = 8, 500, 0.03, 0.1
    gain = minimum_detectable_effect(*expected_standard_error(sets, n, spread, share))
    rng = np.random.default_rng(0)

    def differences():
        for _ in range(1500):
            changes = rng.choice([-1, 0, 1], n, p=[share / 2, 1 - share, share / 2])
            yield gain + changes + rng.normal(0, spread, (sets, 1))

    assert detection_rate(multi_reader_t_test, differences()) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.8])
def test_the_variance_of_training_sets_is_enlarged_by_what_they_have_in_common(overlap):
    sets = np.random.default_rng(3).normal(0.1, 0.05, 8)
    result = multi_reader_t_test(np.tile(sets[:, None], (1, 40)), overlap)
    limit = 7 / stats.chi2.ppf(0.25, 7)
    assert result.standard_error == pytest.approx(sets.std(ddof=1) * math.sqrt(1 / 8 + limit * overlap / (1 - overlap)))
    assert result.df == pytest.approx(7)


def test_training_sets_of_the_same_images_give_no_interval():
    result = multi_reader_t_test(np.random.default_rng(0).normal(size=(5, 30)), overlap=1.0)
    assert math.isnan(result.p)
    assert not result.has_interval


def test_common_training_images_raise_no_false_alarms_if_they_are_known():
    """Ten training sets of 160 of 200 images, each of which adds its own to the difference; on average, nothing."""
    rng, alarms = np.random.default_rng(4), np.zeros(2)
    for _ in range(500):
        effects = rng.normal(0, 0.5, 200)
        sets = np.array([effects[rng.permutation(200)[:160]].mean() for _ in range(10)])
        differences = sets[:, None] + rng.normal(0, 0.2, 100) + rng.normal(0, 0.3, (10, 100))
        alarms += [multi_reader_t_test(differences, overlap).p < 0.05 for overlap in (0.0, 0.8)]
    blind, told = alarms / 500
    assert blind > 0.15
    assert told < 0.08
