import numpy as np
import pytest

from leukgan.statistics.bootstrap import RESAMPLES, mean_over_images, mean_over_pairs, resample_counts


def test_first_row_of_the_resamples_is_the_set_itself():
    counts = resample_counts(7, seed=0)
    assert counts.shape == (RESAMPLES + 1, 7)
    assert (counts[0] == 1).all()
    assert (counts.sum(1) == 7).all()
    assert counts[1:].std() > 0


def test_error_of_a_mean_is_the_standard_error():
    values = np.random.default_rng(0).normal(size=200)
    found = mean_over_images(values, seed=1)
    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(values.std() / 200**0.5, rel=0.1)
    assert (found.high - found.low) == pytest.approx(3.92 * found.standard_error, rel=0.1)


def test_mean_over_pairs_leaves_out_an_image_with_itself():
    pairs = np.random.default_rng(0).normal(size=(4, 4))
    expected = np.mean([pairs[i, j] for i in range(4) for j in range(4) if i != j])
    assert mean_over_pairs(pairs, np.ones((1, 4)))[0] == pytest.approx(expected)
    drawn = [0, 0, 3]  # twice the first image, once the last
    expected = np.mean([pairs[i, j] for a, i in enumerate(drawn) for b, j in enumerate(drawn) if i != j])
    assert mean_over_pairs(pairs, np.array([[2, 0, 0, 1.0]]))[0] == pytest.approx(expected)
