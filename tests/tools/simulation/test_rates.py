import math
from dataclasses import replace

import pytest
from scipy import stats

from leukgan.statistics.intervals import ALPHA, wilson_interval
from leukgan.statistics.power import POWER, minimum_detectable_effect, power
from leukgan.tools.simulation.rates import Outcome, finds, rates_of

CLEAR = (0.10, 0.11, 0.09, 0.12)
BETWEEN = (0.04, 0.10, 0.06, 0.14)  # p is 0.03 by the naive and 0.07 by the corrected test
NONE = (0.0, 0.0, 0.0, 0.0)


def test_naive_test_is_the_paired_t_test():
    for differences in (CLEAR, BETWEEN, (0.3, -0.1, 0.2, 0.1)):
        assert finds(differences, 0.0, 0) == (stats.ttest_1samp(differences, 0).pvalue < 0.05)


def test_only_the_naive_test_finds_what_lies_between():
    assert finds(BETWEEN, 0.0, 0)
    assert not finds(BETWEEN, 0.25, 0)


def test_a_gain_of_the_wrong_sign_is_not_found():
    assert finds(CLEAR, 0.25, 1)
    assert finds(CLEAR, 0.25, 0)
    assert not finds(CLEAR, 0.25, -1)
    assert not finds(NONE, 0.25, 0)


def test_rates_by_hand():
    outcomes = [Outcome(CLEAR, 0.2, 0.08), Outcome(BETWEEN, 0.3, 0.12), Outcome(NONE, 0.1, 0.10)]
    rates = rates_of("any", 1, outcomes, n_test=26, n_train=104)
    assert (rates.corrected, rates.naive, rates.studies, rates.splits) == (1, 2, 3, 4)
    assert rates.gain == pytest.approx(0.10)
    assert rates.gain_error == pytest.approx(0.02 / math.sqrt(3))
    assert rates.disagreement == pytest.approx(0.2)
    assert rates.design_spread == pytest.approx(math.sqrt(0.2 / 26))
    variances = [stats.tvar(outcome.differences) for outcome in outcomes]
    assert rates.spread == pytest.approx(math.sqrt(sum(variances) / 3))
    error = rates.spread * math.sqrt(1 / 4 + 0.25)
    assert rates.promised == pytest.approx(power(0.10, error, 3))
    assert rates.smallest == pytest.approx(minimum_detectable_effect(error, 3))
    assert rates.corrected_interval == wilson_interval(1, 3).interval


def test_promise_is_the_power_at_the_smallest_detectable_gain_and_the_level_for_no_effect():
    rates = rates_of("any", 1, [Outcome(BETWEEN, 0.3, 0.12)] * 2, n_test=26, n_train=104)
    assert replace(rates, gain=rates.smallest).promised == pytest.approx(POWER)
    assert replace(rates, gain=-rates.smallest).promised == pytest.approx(POWER)
    assert replace(rates, sign=0).promised == ALPHA
