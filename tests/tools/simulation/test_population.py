import numpy as np
import pytest

from leukgan.tools.simulation.population import SIDE


def test_whole_is_left_and_right_half(population):
    assert population.whole.shape == (600, 3 * SIDE**2)
    left, right = population.left(0.5), population.left(0.5, mirrored=True)
    assert population.left(1.0) == pytest.approx(population.whole)
    assert np.hypot(left, right) ** 2 @ np.ones(left.shape[1]) == pytest.approx((population.whole**2).sum(axis=1))
    assert not np.allclose(left, right)


@pytest.mark.parametrize("label", [0, 1])
def test_cells_look_alike_in_the_mirror(population, label):
    cells = population.labels == label
    left, right = population.left(0.5)[cells], population.left(0.5, mirrored=True)[cells]
    for of in (lambda x: x, lambda x: (x - x.mean(axis=0)) ** 2):  # means and variances
        difference = of(left) - of(right)
        z = difference.mean(axis=0) / difference.std(axis=0) * np.sqrt(len(difference))
        assert np.abs(z).max() < 4.5
        assert 0.3 < (z**2).mean() < 2.5


def test_mirroring_twice_changes_nothing(population):
    assert population.left(1.0, mirrored=True).reshape(-1, 3, SIDE, SIDE)[..., ::-1] == pytest.approx(
        population.thumbnails
    )
