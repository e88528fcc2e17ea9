"""From the outcomes of many studies to how often a test errs or finds, beside what was promised."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev, variance
from typing import Any

import pandas as pd
from tabulate import tabulate

from leukgan.presentation.formatting import NONE, points
from leukgan.statistics.classifier_metrics import PRIMARY
from leukgan.statistics.intervals import ALPHA, wilson_interval
from leukgan.statistics.paired_tests import corrected_resampled_t_test, corrected_standard_error
from leukgan.statistics.power import disagreement_spread, minimum_detectable_effect, power
from leukgan.tools.simulation.scenarios import SCENARIOS

FOUND = ("scenario", "metric", "true gain", "corrected test", "naive test", "promised", "promised by design")
TEXT = ("scenario", "metric")
SPREADS = ("scenario", "80% power from", "disagreement", "spread", "spread by design")


@dataclass(frozen=True)
class Outcome:
    """What one study saw by one metric, and the truth."""

    differences: tuple[float, ...]  # second arm's metric minus the first's on each split's test part
    disagreement: float  # share of the test images that one arm gets right and the other wrong, mean over splits
    gain: float  # the difference on all cells that the study never saw


def rates_of(scenario: str, metric: str, outcomes: Sequence[Outcome], *, n_test: int, n_train: int) -> dict[str, Any]:
    """What at least two studies of a scenario found by a metric; values, rates and shares are fractions.

    Keys: `scenario`; `metric`; `studies`, `splits`, `n_test` and `n_train`, their numbers; `true_gain`, mean over
    studies, and its standard error `true_gain_error`; `corrected`, the share of studies in which the corrected test
    has p below the level, and the true sign if there is one, and `naive`, the same of the paired t test over splits,
    both with Wilson's 95% interval `_low` to `_high`; `promised`, the power that the report promises for the true
    gain from the spread that it sees, and `promised_by_design`, from the disagreement alone, both the level if there
    is no gain, the latter for accuracy only, else NaN; `smallest_detectable`, the gain that the report says it finds
    with 80% power; `disagreement`; `spread`, the standard deviation of the differences over the splits of a study,
    root mean square over studies; `spread_by_design`, what the design takes it to be for this disagreement, for
    accuracy.
    """
    sign, ratio, splits = SCENARIOS[scenario].sign, n_test / n_train, len(outcomes[0].differences)
    gains = [outcome.gain for outcome in outcomes]
    gain, disagreement = fmean(gains), fmean(outcome.disagreement for outcome in outcomes)

    rates: dict[str, float] = {}
    for test, test_to_train in (("corrected", ratio), ("naive", 0.0)):
        found = sum(finds(outcome.differences, test_to_train, sign) for outcome in outcomes)
        low, high = wilson_interval(found, len(outcomes)).interval
        rates |= {test: found / len(outcomes), f"{test}_low": low, f"{test}_high": high}

    # The variance is what s^2 estimates without bias, and with it the t distribution that the promise comes from.
    spread = math.sqrt(fmean(variance(outcome.differences) for outcome in outcomes))
    by_design = disagreement_spread(disagreement, n_test) if metric == PRIMARY else math.nan
    error, design_error = (corrected_standard_error(each, splits, ratio) for each in (spread, by_design))
    return {
        "scenario": scenario,
        "metric": metric,
        "studies": len(outcomes),
        "splits": splits,
        "n_test": n_test,
        "n_train": n_train,
        "true_gain": gain,
        "true_gain_error": stdev(gains) / math.sqrt(len(gains)),
        **rates,
        "promised": _promise(gain, error, splits, sign),
        "promised_by_design": _promise(gain, design_error, splits, sign),
        "smallest_detectable": minimum_detectable_effect(error, splits - 1),
        "disagreement": disagreement,
        "spread": spread,
        "spread_by_design": by_design,
    }


def _promise(gain: float, error: float, splits: int, sign: int) -> float:
    if math.isnan(error):
        return math.nan
    return power(gain, error, splits - 1) if sign else ALPHA


def finds(differences: Sequence[float], test_to_train: float, sign: int) -> bool:
    """Whether a study's test has p below the level, and the true sign if there is one; at 0 it is the naive test."""
    result = corrected_resampled_t_test(differences, test_to_train)
    return result.p < ALPHA and (sign == 0 or result.value * sign > 0)


def text_of(rates: pd.DataFrame) -> str:
    """Two tables in percent and points, what was found and what it rests on for accuracy, and a line on the design."""
    found, spreads = [], []
    for row in rates.to_dict("records"):
        has_gain = SCENARIOS[row["scenario"]].sign
        found.append(
            (
                row["scenario"],
                row["metric"],
                points(row["true_gain"]) if has_gain else "none",
                *(
                    f"{row[test]:.1%} [{100 * row[f'{test}_low']:.1f}, {100 * row[f'{test}_high']:.1f}]"
                    for test in ("corrected", "naive")
                ),
                f"{row['promised']:.1%}",
                NONE if math.isnan(row["promised_by_design"]) else f"{row['promised_by_design']:.1%}",
            )
        )
        if row["metric"] != PRIMARY:
            continue
        smallest, spread, by_design = (
            points(row[key], sign=False) for key in ("smallest_detectable", "spread", "spread_by_design")
        )
        spreads.append((row["scenario"], smallest, f"{row['disagreement']:.1%}", spread, by_design))

    first = rates.iloc[0]
    of_accuracy = f"{_table(spreads, SPREADS)}\n\n" if spreads else ""
    return (
        f"{_table(found, FOUND)}\n\n{of_accuracy}"
        f"{first['studies']} studies of {first['n_train'] + first['n_test']} images, {first['splits']} splits with "
        f"{first['n_train']} training and {first['n_test']} test images; shares of studies, 95% intervals in brackets."
    )


def _table(cells: Sequence[Sequence[str]], columns: Sequence[str]) -> str:
    return tabulate(
        cells, columns, disable_numparse=True, colalign=["left" if column in TEXT else "right" for column in columns]
    )
