import numpy as np
import pytest

from leukgan.statistics.paired_tests import corrected_resampled_t_test, corrected_standard_error
from leukgan.statistics.power import disagreement_spread, minimum_detectable_effect, minimum_detectable_images, power


def test_six_images_are_the_smallest_detectable_gain():
    assert minimum_detectable_images(52) == 6
    assert minimum_detectable_images(52, alpha=0.05 / 6) == 8
    assert minimum_detectable_images(5) is None


def test_power_is_half_the_level_without_an_effect_and_one_for_a_large_one():
    assert power(0.0, 0.1, 9) == pytest.approx(0.025)  # the other half finds the wrong sign
    assert power(0.0, 0.1, 9, alpha=0.01) == pytest.approx(0.005)
    assert power(2.0, 0.1, 9) == pytest.approx(1)
    assert power(-0.01, 0.0, 9) == 1
    assert power(0.0, 0.0, 9) == pytest.approx(0.025)
    assert power(-0.3, 0.1, 9) == pytest.approx(power(0.3, 0.1, 9))


def test_power_is_how_often_the_test_finds_the_difference():
    differences = np.random.default_rng(0).normal(0.03, 0.04, (1500, 8))
    found = np.mean([corrected_resampled_t_test(d.tolist(), 0.0).p < 0.05 for d in differences])
    assert found == pytest.approx(power(0.03, corrected_standard_error(0.04, 8, 0), 7), abs=0.03)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 6])
@pytest.mark.parametrize("splits", [2, 3, 10])
def test_minimum_detectable_effect_is_found_four_times_of_five(splits, alpha):
    smallest = minimum_detectable_effect(0.02, splits - 1, alpha)
    assert power(smallest, 0.02, splits - 1, alpha) == pytest.approx(0.8)


def test_disagreement_spread_is_that_of_drawn_test_images():
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(52, [0.1, 0.1, 0.8], size=4000)
    differences = (drawn[:, 0] - drawn[:, 1]) / 52
    assert disagreement_spread(0.2, 52) == pytest.approx(differences.std(), rel=0.05)
