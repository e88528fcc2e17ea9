"""From the outcomes of many studies to how often a test errs or finds, beside what was promised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev, variance

from leukgan.statistics.intervals import ALPHA, wilson_interval
from leukgan.statistics.paired_tests import corrected_resampled_t_test, corrected_standard_error
from leukgan.statistics.power import disagreement_spread, minimum_detectable_effect, power


@dataclass(frozen=True)
class Outcome:
    """What one study saw, and the truth.

    Attributes:
        differences: Second arm's accuracy minus the first's on each split's test part.
        disagreement: Share of the test images that one arm gets right and the other wrong, mean over splits.
        gain: The difference on all cells that the study never saw.
    """

    differences: tuple[float, ...]
    disagreement: float
    gain: float


@dataclass(frozen=True)
class Rates:
    """What many studies of a scenario found; accuracies and shares are fractions.

    Attributes:
        scenario: Its name.
        sign: Of the true gain, 0 for none.
        studies: Their number.
        splits: Splits of a study.
        n_test: Test images of a split.
        n_train: Training images of a split.
        gain: True gain, mean over studies.
        gain_error: Its standard error.
        corrected: Studies in which the corrected test has p below the level, and the true sign if there is one.
        naive: The same of the common paired t test over splits.
        spread: Standard deviation of the differences over the splits of a study, root mean square over studies.
        disagreement: Share of test images that one arm gets right and the other wrong.
    """

    scenario: str
    sign: int
    studies: int
    splits: int
    n_test: int
    n_train: int
    gain: float
    gain_error: float
    corrected: int
    naive: int
    spread: float
    disagreement: float

    @property
    def corrected_interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the corrected test's rate."""
        return wilson_interval(self.corrected, self.studies).interval

    @property
    def naive_interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the naive test's rate."""
        return wilson_interval(self.naive, self.studies).interval

    @property
    def design_spread(self) -> float:
        """The spread that the printed design takes for this disagreement."""
        return disagreement_spread(self.disagreement, self.n_test)

    @property
    def promised(self) -> float:
        """The power that the report promises for the true gain from the spread that it sees; the level for none."""
        return self.power_with(self.spread)

    @property
    def promised_by_design(self) -> float:
        """The power that the printed design promises from the disagreement alone; the level for no effect."""
        return self.power_with(self.design_spread)

    @property
    def smallest(self) -> float:
        """The gain that the report says it finds with 80% power."""
        return minimum_detectable_effect(self.error_with(self.spread), self.splits - 1)

    def power_with(self, spread: float) -> float:
        """What is promised where the spread is this."""
        return power(self.gain, self.error_with(spread), self.splits - 1) if self.sign else ALPHA

    def error_with(self, spread: float) -> float:
        """The corrected standard error where the spread is this."""
        return corrected_standard_error(spread, self.splits, self.n_test / self.n_train)


def rates_of(scenario: str, sign: int, outcomes: Sequence[Outcome], *, n_test: int, n_train: int) -> Rates:
    """The rates of a scenario's outcomes, at least two.

    Args:
        scenario: Its name.
        sign: Of the true gain, 0 for none.
        outcomes: One for each study.
        n_test: Test images of a split.
        n_train: Training images of a split.
    """
    gains = [outcome.gain for outcome in outcomes]
    # The variance is what s^2 estimates without bias, and with it the t distribution that the promise comes from.
    spread = math.sqrt(fmean(variance(outcome.differences) for outcome in outcomes))
    return Rates(
        scenario=scenario,
        sign=sign,
        studies=len(outcomes),
        splits=len(outcomes[0].differences),
        n_test=n_test,
        n_train=n_train,
        gain=fmean(gains),
        gain_error=stdev(gains) / math.sqrt(len(gains)),
        corrected=sum(finds(outcome.differences, n_test / n_train, sign) for outcome in outcomes),
        naive=sum(finds(outcome.differences, 0.0, sign) for outcome in outcomes),
        spread=spread,
        disagreement=fmean(outcome.disagreement for outcome in outcomes),
    )


def finds(differences: Sequence[float], test_to_train: float, sign: int) -> bool:
    """Whether a study's test has p below the level, and the true sign if there is one; at 0 it is the naive test."""
    result = corrected_resampled_t_test(differences, test_to_train)
    return result.p < ALPHA and (sign == 0 or result.value * sign > 0)
