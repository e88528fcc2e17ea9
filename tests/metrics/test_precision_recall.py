import numpy as np
import pytest
from prdc import compute_prdc

from leukgan.metrics.precision_recall import (
    choose_neighbours,
    coverage,
    density,
    kth_neighbour_distance,
    precision,
    realism,
    recall,
)

METRICS = {"precision": precision, "recall": recall, "density": density, "coverage": coverage}


def draws(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.filterwarnings("ignore:`sklearn.utils.parallel.delayed`")  # prdc's, on this scikit-learn
@pytest.mark.parametrize(("real", "fake"), [(60, 60), (26, 200), (80, 31)])
@pytest.mark.parametrize("shift", [0.0, 0.5, 3.0])
def test_measures_are_those_of_an_independent_implementation(real, fake, shift, capsys):
    first, second = draws(0, real, 6), draws(1, fake, 6) + shift
    expected = compute_prdc(first, second, nearest_k=5)
    for name, metric in METRICS.items():
        found = metric(first, second, 5, seed=0)
        assert found.value == pytest.approx(expected[name], abs=1e-6), name
        assert found.low <= found.value <= found.high


def test_realism_is_one_at_the_surface_of_a_ball_and_grows_inwards():
    real = np.array([[0.0], [1.0], [2.0], [10.0]])  # radius 1 but for the last one, which is left out
    assert kth_neighbour_distance(real, 1).tolist() == [1, 1, 1, 8]
    scores = realism(real, np.array([[-1.0], [-0.5], [-4.0], [10.5]]), 1)
    np.testing.assert_allclose(scores, [1, 2, 1 / 4, 1 / 8.5])


def test_neighbours_are_five_and_fewer_for_few_images():
    assert [choose_neighbours(count) for count in (2, 8, 19, 20, 1000)] == [1, 2, 4, 5, 5]


def test_intervals_are_what_other_images_would_have_given(monkeypatch):
    monkeypatch.setattr("leukgan.statistics.intervals.RESAMPLES", 100)
    real = draws(0, 60, 4)
    others = [precision(real, draws((seed, 1), 60, 4), 5, seed) for seed in range(80)]
    assert np.mean([one.standard_error for one in others]) == pytest.approx(
        np.std([one.value for one in others]), rel=0.25
    )
