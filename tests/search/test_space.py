"""Laws of a search space: Hydra's words, ranges kept, points that repeat and go on where fewer ended."""

import math

import numpy as np
import pytest
from apps import ROOT
from hydra.errors import HydraException
from omegaconf import OmegaConf

from leukgan.errors import InputError
from leukgan.search.space import Choice, Interval, parameters_of, points_of

RATES = {"gan.a": "tag(log, interval(1e-5, 1e-3))", "gan.b": "tag(log, interval(1e-4, 1e-2))"}


def points(space, *arguments, trials=20, grid=None, seed=0):
    return points_of(parameters_of(space, arguments)[0], trials=trials, points=grid, seed=seed)


def test_hydra_s_words_for_sweeps_are_understood():
    space = RATES | {"gan.c": "interval(0, 2)", "gan.d": "5,8", "gan.e": "range(2, 5)", "gan.f": "choice(true, false)"}
    parameters, fixed = parameters_of(space, [])
    assert parameters == {
        "gan.a": Interval("gan.a", 1e-5, 1e-3, log=True),
        "gan.b": Interval("gan.b", 1e-4, 1e-2, log=True),
        "gan.c": Interval("gan.c", 0, 2, log=False),
        "gan.d": Choice("gan.d", ("5", "8")),
        "gan.e": Choice("gan.e", ("2", "3", "4")),
        "gan.f": Choice("gan.f", ("True", "False")),
    }
    assert fixed == []


def test_an_argument_replaces_a_range_or_fixes_a_setting():
    parameters, fixed = parameters_of(RATES, ["++gan.a=1,2", "++gan.b=0.1", "seed=3", "gan.d=4,5"])
    assert parameters == {"gan.a": Choice("gan.a", ("1", "2")), "gan.d": Choice("gan.d", ("4", "5"))}
    assert fixed == ["++gan.b=0.1", "seed=3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1", r"space\.gan\.a=0\.1 is no set of values; write interval"),
        ("interval(2, 1)", r"gan\.a: an interval goes from the smaller to the larger of two numbers, got 2 to 1\."),
        ("tag(log, interval(0, 1))", r"two numbers above 0, got 0 to 1\."),
    ],
)
def test_what_is_no_range_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parameters_of({"gan.a": text}, [])


def test_bad_grammar_is_hydra_s_error():
    with pytest.raises(HydraException):
        parameters_of({"gan.a": "interval(1"}, [])


def test_a_grid_has_both_ends_at_equal_steps_of_the_logarithm():
    grid = points(RATES, grid=3)
    assert len(grid) == 9
    assert [point["gan.b"] for point in grid[:3]] == ["0.0001", "0.001", "0.01"]
    assert [point["gan.a"] for point in grid[::3]] == ["1e-05", "0.0001", "0.001"]
    assert [point["gan.c"] for point in points({"gan.c": "interval(1, 3)"}, grid=3)] == ["1", "2", "3"]


def test_values_alone_are_tried_in_every_combination():
    assert points({}, "gan.d=5,8", "gan.f=true,false") == [
        {"gan.d": "5", "gan.f": "True"},
        {"gan.d": "5", "gan.f": "False"},
        {"gan.d": "8", "gan.f": "True"},
        {"gan.d": "8", "gan.f": "False"},
    ]
    assert points({}) == [{}]


def test_more_trials_go_on_where_fewer_ended_and_another_seed_is_another_sequence():
    assert points(RATES, trials=30)[:20] == points(RATES, trials=20)
    assert points(RATES, trials=5, seed=1) != points(RATES, trials=5)


def test_random_points_fill_the_logarithm_of_a_range_evenly():
    """A Sobol sequence has as many of 2^k points in each of 2^j equal parts; independent draws almost never do."""
    found = points(RATES | {"gan.d": "5,8"}, trials=64)
    for key, (low, high) in {"gan.a": (1e-5, 1e-3), "gan.b": (1e-4, 1e-2)}.items():
        places = [math.log(float(point[key]) / low) / math.log(high / low) for point in found]
        assert np.histogram(places, bins=16, range=(0, 1))[0].tolist() == [4] * 16
    assert [point["gan.d"] for point in found].count("5") == 32


def test_values_can_be_typed_again():
    for point in points(RATES):
        for value in point.values():
            assert f"{float(value):.4g}" == value


def test_optuna_is_asked_for_the_same_ranges():
    class Asked:
        def suggest_float(self, name, low, high, log):
            assert (name, low, high, log) == ("gan.a", 1e-5, 1e-3, True)
            return 0.00012345678

        def suggest_categorical(self, name, values):
            assert (name, values) == ("gan.d", ("5", "8"))
            return "8"

    parameters, _ = parameters_of({"gan.a": RATES["gan.a"], "gan.d": "5,8"}, [])
    assert [parameter.suggested(Asked()) for parameter in parameters.values()] == ["0.0001235", "8"]


def test_the_shipped_sweeps_are_the_study_s_ranges():
    """Generator 1e-5 to 1e-3, critic 1e-4 to 1e-2, evenly in the exponent."""
    space = OmegaConf.to_container(OmegaConf.load(ROOT / "conf" / "sweep" / "lr_random.yaml").space)
    assert parameters_of(space, [])[0] == {
        "gan.generator_learning_rate": Interval("gan.generator_learning_rate", 1e-5, 1e-3, log=True),
        "gan.critic_learning_rate": Interval("gan.critic_learning_rate", 1e-4, 1e-2, log=True),
    }


def test_the_last_of_several_arguments_counts():
    parameters, fixed = parameters_of({}, ["++gan.a=1", "gan.a=1,2", "gan.b=1,2", "gan.b=3", "seed=1", "seed=2"])
    assert parameters == {"gan.a": Choice("gan.a", ("1", "2"))}
    assert fixed == ["gan.b=3", "seed=2"]
