"""What the simulation says of the report's tests, and that it says it of studies as they should be."""

import math

import numpy as np
import pytest

from leukgan.tools.simulation import Simulation, simulate
from leukgan.tools.simulation.studies import draw_study

STUDIES = 300


@pytest.fixture(scope="module")
def rates():
    """The rates of studies as large as the published one's data set, by scenario."""
    names = ("halves", "equal_generators", "quarter_and_whole")
    sizes = {"images": 130, "splits": 10, "test_fraction": 0.2, "extra": 100, "population": 1000}
    rows = simulate(Simulation(scenarios=names, seed=0, studies=STUDIES, **sizes), lambda word: None)
    return dict(zip(names, rows, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["halves", "equal_generators"])
def test_corrected_test_keeps_its_level_where_the_naive_one_does_not(rates, scenario):
    assert 0 < rates[scenario].corrected / STUDIES <= 0.07
    assert 0.12 < rates[scenario].naive / STUDIES < 0.35
    assert abs(rates[scenario].gain) < 3 * rates[scenario].gain_error


@pytest.mark.slow
def test_planted_gain_is_found_with_the_promised_power(rates):
    planted = rates["quarter_and_whole"]
    power = planted.corrected / STUDIES
    error = math.sqrt(power * (1 - power) / STUDIES)
    assert planted.gain > 20 * planted.gain_error
    assert 0.5 < planted.promised < 0.9
    assert planted.promised - 2 * error <= power <= planted.promised + 0.2
    assert planted.promised_by_design - 2 * error <= power


@pytest.mark.slow
def test_spread_is_about_what_the_design_takes_from_the_disagreement(rates):
    for row in rates.values():
        # Splits of one data set share test images, so they differ a little less than new data would.
        assert 0.8 < row.spread / row.design_spread < 1.05


def test_study_is_a_balanced_draw_and_its_splits_stay_within(toy, population):
    simulation = toy(images=60, splits=3, population=len(population))
    study = draw_study(simulation, population, 7)
    for train, test in study.splits:
        rows = np.concatenate([train, test])
        assert (len(train), len(test), len(set(rows))) == (48, 12, 60)
        assert population.labels[rows].mean() == population.labels[test].mean() == 0.5
        assert set(rows) | set(study.others) == set(range(len(population)))
        assert not set(rows) & set(study.others)
    assert len({tuple(test) for _, test in study.splits}) == 3
    assert set(draw_study(simulation, population, 8).others) != set(study.others)


def test_same_seed_gives_the_same_rates_and_another_seed_others(toy):
    rows = simulate(toy(), lambda word: None)
    assert simulate(toy(), lambda word: None) == rows
    assert simulate(toy(seed=1), lambda word: None) != rows


def test_a_scenario_is_the_same_beside_any_others(toy):
    rows = {row.scenario: row for row in simulate(toy(), lambda word: None)}
    assert simulate(toy(scenarios=("confused_generator", "halves")), lambda word: None) == [
        rows["confused_generator"],
        rows["halves"],
    ]
