import math

import pytest
from scipy import stats

from leukgan.statistics.intervals import ALPHA, wilson_interval
from leukgan.statistics.power import POWER, minimum_detectable_effect, power
from leukgan.tools.simulation.rates import Outcome, finds, rates_of

CLEAR = (0.10, 0.11, 0.09, 0.12)
BETWEEN = (0.04, 0.10, 0.06, 0.14)  # p is 0.03 by the naive and 0.07 by the corrected test
NONE = (0.0, 0.0, 0.0, 0.0)
SIZES = {"n_test": 26, "n_train": 104}


def test_naive_test_is_the_paired_t_test():
    for differences in (CLEAR, BETWEEN, (0.3, -0.1, 0.2, 0.1)):
        assert finds(differences, 0.0, 0) == (stats.ttest_1samp(differences, 0).pvalue < 0.05)


@pytest.mark.parametrize(
    ("differences", "test_to_train", "sign", "found"),
    [
        (BETWEEN, 0.0, 0, True),
        (BETWEEN, 0.25, 0, False),
        (CLEAR, 0.25, 1, True),
        (CLEAR, 0.25, 0, True),
        (CLEAR, 0.25, -1, False),
        (NONE, 0.25, 0, False),
    ],
)
def test_a_gain_is_found_if_clear_and_of_the_right_sign(differences, test_to_train, sign, found):
    assert finds(differences, test_to_train, sign) is found


def test_rates_by_hand():
    outcomes = [Outcome(CLEAR, 0.2, 0.08), Outcome(BETWEEN, 0.3, 0.12), Outcome(NONE, 0.1, 0.10)]
    rates = rates_of("ideal_generator", "accuracy", outcomes, **SIZES)
    assert (rates["studies"], rates["splits"], rates["n_test"], rates["n_train"]) == (3, 4, 26, 104)
    assert (rates["corrected"], rates["naive"]) == pytest.approx((1 / 3, 2 / 3))
    assert (rates["corrected_low"], rates["corrected_high"]) == wilson_interval(1, 3).interval
    assert (rates["naive_low"], rates["naive_high"]) == wilson_interval(2, 3).interval
    assert (rates["true_gain"], rates["true_gain_error"]) == pytest.approx((0.10, 0.02 / math.sqrt(3)))
    assert (rates["disagreement"], rates["spread_by_design"]) == pytest.approx((0.2, math.sqrt(0.2 / 26)))
    variances = [stats.tvar(outcome.differences) for outcome in outcomes]
    assert rates["spread"] == pytest.approx(math.sqrt(sum(variances) / 3))
    for promised, spread in (("promised", rates["spread"]), ("promised_by_design", rates["spread_by_design"])):
        assert rates[promised] == pytest.approx(power(0.10, spread * math.sqrt(1 / 4 + 0.25), 3))
    smallest = minimum_detectable_effect(rates["spread"] * math.sqrt(1 / 4 + 0.25), 3)
    assert rates["smallest_detectable"] == pytest.approx(smallest)


def test_promise_is_the_power_at_the_smallest_detectable_gain_and_the_level_for_no_effect():
    smallest = rates_of("ideal_generator", "accuracy", [Outcome(BETWEEN, 0.3, 0.12)] * 2, **SIZES)[
        "smallest_detectable"
    ]
    for gain in (smallest, -smallest):
        rates = rates_of("ideal_generator", "accuracy", [Outcome(BETWEEN, 0.3, gain)] * 2, **SIZES)
        assert rates["promised"] == pytest.approx(POWER)
    assert rates_of("halves", "accuracy", [Outcome(BETWEEN, 0.3, 0.12)] * 2, **SIZES)["promised"] == ALPHA


def test_the_design_promises_nothing_for_other_metrics_than_accuracy():
    rates = rates_of("ideal_generator", "auroc", [Outcome(BETWEEN, 0.3, 0.1)] * 2, **SIZES)
    assert math.isnan(rates["promised_by_design"])
    assert 0 < rates["promised"] < 1
