"""What the simulation says of the report's tests, of what studies, and as a user runs it."""

import math

import numpy as np
import pandas as pd
import pytest
from apps import refusal_of, run_app
from sklearn.linear_model import RidgeClassifier

from leukgan.tools.simulation import studies
from leukgan.tools.simulation.rates import FOUND, SPREADS
from leukgan.tools.simulation.scenarios import SCENARIOS
from leukgan.tools.simulation.settings import SimulationSettings
from leukgan.tools.simulation.studies import PENALTY, draw_study, fit_ridge, simulate

STUDIES = 120
SMALL = {"studies": 3, "images": 20, "splits": 2, "extra": 10, "population": 140}
METRICS = ("accuracy", "auroc", "balanced_accuracy", "mcc")
ARGUMENTS = [f"{key}={value}" for key, value in SMALL.items()]


def settings(**changes):
    """The settings of a simulation of seconds."""
    fixed = {
        "scenarios": list(SCENARIOS),
        "metrics": list(METRICS),
        "positive": 0.5,
        "seed": 0,
        "test_fraction": 0.2,
        "output": None,
    }
    return SimulationSettings(**(fixed | SMALL | changes))


def simulated(**changes):
    return simulate(settings(**changes), lambda *_: None)


@pytest.fixture(scope="module")
def rates(population):
    """The rates of studies as large as the published one's data set, by scenario and metric, with unequal classes."""
    names = ["halves", "equal_generators", "quarter_and_whole"]
    sizes = {"images": 130, "splits": 10, "extra": 80, "population": len(population.cells)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studies, "render_population", lambda **_: population)
        return simulated(scenarios=names, studies=STUDIES, positive=0.4, **sizes).set_index(["scenario", "metric"])


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("scenario", ["halves", "equal_generators"])
def test_corrected_test_keeps_its_level_where_the_naive_one_does_not(rates, scenario, metric):
    row = rates.loc[scenario, metric]
    assert row["corrected"] <= 0.07
    assert 0.1 < row["naive"] < 0.4
    assert abs(row["true_gain"]) < 3 * row["true_gain_error"]


@pytest.mark.slow
def test_planted_gain_is_found_with_the_promised_power(rates):
    planted = rates.loc["quarter_and_whole", "accuracy"]
    power = planted["corrected"]
    error = math.sqrt(power * (1 - power) / STUDIES)
    assert planted["true_gain"] > 20 * planted["true_gain_error"]
    assert 0.5 < planted["promised"] < 0.95
    assert planted["promised"] - 2 * error <= power <= planted["promised"] + 0.2
    assert planted["promised_by_design"] - 2 * error <= power


@pytest.mark.slow
def test_spread_is_about_what_the_design_takes_from_the_disagreement(rates):
    # Splits of one data set share test images, so they differ a little less than new data would.
    without_effect = rates.xs("accuracy", level="metric").drop("quarter_and_whole")
    assert (without_effect["spread"] / without_effect["spread_by_design"]).between(0.8, 1.05).all()


def test_balanced_accuracy_is_accuracy_where_classes_are_equal_and_only_there():
    equal, unequal = (
        simulated(images=40, positive=share, population=240, metrics=["accuracy", "balanced_accuracy"]).pivot(
            index="scenario", columns="metric", values="spread"
        )
        for share in (0.5, 0.25)
    )
    np.testing.assert_allclose(equal["accuracy"], equal["balanced_accuracy"], rtol=1e-9)
    assert (unequal["accuracy"] - unequal["balanced_accuracy"]).abs().max() > 0.01


def test_study_is_a_balanced_draw_and_its_splits_stay_within(population):
    simulation = settings(images=60, splits=3, population=len(population.cells))
    splits, others = draw_study(simulation, population, 7)
    labels = population.cells.labels
    for train, test in splits:
        rows = np.concatenate([train, test])
        assert (len(train), len(test), len(set(rows))) == (48, 12, 60)
        assert labels[rows].mean() == labels[test].mean() == 0.5
        assert set(rows) | set(others) == set(range(len(labels)))
        assert not set(rows) & set(others)
    assert len({tuple(test) for _, test in splits}) == 3


def test_the_cells_outside_a_study_have_its_share_of_positive_ones(population):
    simulation = settings(images=60, positive=0.25, splits=1, population=len(population.cells))
    ((train, test),), others = draw_study(simulation, population, 7)
    labels = population.cells.labels
    assert labels[np.concatenate([train, test])].mean() == 0.25
    assert labels[others].mean() == pytest.approx(0.25, abs=0.01)
    assert not set(others) & {*train, *test}


def test_another_study_has_other_cells(population):
    simulation = settings(images=60, splits=3, population=len(population.cells))
    others = draw_study(simulation, population, 7)[1]
    assert set(draw_study(simulation, population, 8)[1]) != set(others)


@pytest.mark.parametrize("n", [30, 300])  # fewer and more images than features
def test_ridge_is_scikit_learns(population, n):
    views, labels = population.view(), population.cells.labels
    weights, bias = fit_ridge(views[:n], labels[:n])
    theirs = RidgeClassifier(alpha=PENALTY).fit(views[:n], labels[:n])
    assert weights == pytest.approx(theirs.coef_.ravel(), rel=1e-6, abs=1e-9)
    assert bias == pytest.approx(float(theirs.intercept_[0]))


def test_same_seed_gives_the_same_rates_and_another_seed_others():
    rates = simulated()
    assert simulated().equals(rates)
    assert not simulated(seed=1).equals(rates)


def test_a_scenario_is_the_same_beside_any_others():
    names = ["confused_generator", "halves"]
    expected = simulated().set_index("scenario").loc[names].reset_index()
    pd.testing.assert_frame_equal(simulated(scenarios=names), expected)


def test_table_has_a_line_for_each_scenario(tmp_path, capsys):
    assert run_app("simulate", tmp_path, *ARGUMENTS) == 0
    shown = capsys.readouterr().out.splitlines()
    found = [name for name in SCENARIOS for _ in METRICS]
    for first, columns, names in ((0, FOUND, found), (3 + len(found), SPREADS, list(SCENARIOS))):
        assert all(column in shown[first] for column in columns)
        assert [line.split()[0] for line in shown[first + 2 : first + 2 + len(names)]] == names
    assert shown[-1].startswith("3 studies of 20 images, 2 splits with 16 training and 4 test images")
    assert not list(tmp_path.iterdir())


def test_output_holds_the_rates_in_full(tmp_path, capsys):
    assert run_app("simulate", tmp_path, *ARGUMENTS, "scenarios=[halves,ideal_generator]", "output=here/rates.csv") == 0
    assert capsys.readouterr().out.endswith("The result is in here/rates.csv\n")
    expected = simulated(scenarios=["halves", "ideal_generator"])
    read = pd.read_csv(tmp_path / "here" / "rates.csv")
    pd.testing.assert_frame_equal(read, expected, rtol=1e-5, check_dtype=False)


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("studies=1", "studies must be at least 2, got 1."),
        ("population=141", "population must be even, half for each class, got 141."),
        ("positive=0", "positive must lie between 0.1 and 0.9, got 0.0; 0.5 is half of the images."),
        ("metrics=[brier]", "metrics must be accuracy or recall or"),
        ("metrics=[]", "metrics must name at least one and each once, got []."),
        ("seed=-1", "seed must be at least 0, got -1."),
        ("test_fraction=1", "test_fraction must lie between 0.1 and 0.9, got 1.0; the study used 0.2."),
        (
            "population=138",
            "population must be at least 140, for a study, 2 * extra and 100 images to measure the truth on, got 138.",
        ),
        ("scenarios=[none]", "scenarios must be halves or equal_generators or"),
        ("scenarios=[]", "scenarios must name at least one and each once, got []."),
        ("scenarios=[halves,halves]", "scenarios must name at least one and each once, got ['halves', 'halves']."),
        ("output=.", "output must be a file, got the folder .; take rates.csv."),
        ("+speed=1", "there is no setting 'speed'; did you mean seed? --help lists all settings."),
    ],
)
def test_wrong_settings_are_one_sentence(argument, words, tmp_path):
    assert refusal_of("simulate", tmp_path, *ARGUMENTS, argument).startswith(f"error: {words}")
