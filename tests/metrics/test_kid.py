import numpy as np
import pytest
import torch

from leukgan.data.augmentation import dihedral_views
from leukgan.data.sources.smears import render_smears
from leukgan.features import ModuleFeatures
from leukgan.metrics.kid import extract_view_features, kernel_distance, seeded_views


def draws(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def test_distance_is_the_unbiased_one_of_the_polynomial_kernel():
    real, fake = draws(0, 1, 5, 4), draws(1, 1, 7, 4)

    def mean(first, second, own):
        pairs = [
            (x @ y / 4 + 1) ** 3 for i, x in enumerate(first) for j, y in enumerate(second) if not (own and i == j)
        ]
        return sum(pairs) / len(pairs)

    expected = mean(real[0], real[0], True) + mean(fake[0], fake[0], True) - 2 * mean(real[0], fake[0], False)
    assert kernel_distance(real, fake, 0).value == pytest.approx(expected)


def test_views_of_an_image_are_no_images_of_their_own():
    real, fake = draws(0, 1, 6, 4), draws(1, 1, 9, 4)
    distance = kernel_distance(real.repeat(16, axis=0), fake.repeat(3, axis=0), 0)
    assert distance == pytest.approx(kernel_distance(real, fake, 0), nan_ok=True)


def test_distance_of_a_sets_halves_is_zero_but_for_its_error_and_grows_with_noise():
    real = np.abs(draws(0, 1, 400, 16))
    halves = kernel_distance(real[:, :200], real[:, 200:], 0)
    assert abs(halves.value) < 3 * halves.standard_error
    noisy = [kernel_distance(real, real + amount * draws(1, *real.shape), 0).value for amount in (0, 1, 2, 4)]
    assert sorted(noisy) == noisy
    assert noisy[1] > 3 * halves.standard_error


def test_distance_has_no_bias_and_its_error_is_the_spread_of_other_draws(monkeypatch):
    monkeypatch.setattr("leukgan.statistics.intervals.RESAMPLES", 100)

    def cells(seed, count):  # three views of each cell, which differ less than cells do
        return draws(seed, 1, count, 8) + 0.5 * draws((seed, 1), 3, count, 8)

    def drawn(seed, count):  # as a perfect generator would draw: every image a cell of its own
        return draws((seed, 2), 1, count, 8) + 0.5 * draws((seed, 3), 1, count, 8)

    same = [kernel_distance(cells(seed, 30), drawn(seed, 90), 0).value for seed in range(64)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 8
    other = [kernel_distance(cells(seed, 30), drawn(seed, 90) + 0.8, 0) for seed in range(60)]
    assert np.mean([one.standard_error for one in other]) == pytest.approx(
        np.std([one.value for one in other]), rel=0.3
    )


def test_views_are_different_members_of_each_orbit_in_equal_number():
    cells = render_smears(image_size=32, count=6, seed=0).images
    views, members = seeded_views(cells, 40, seed=3), dihedral_views(cells)
    assert views.shape == (7, 6, 3, 32, 32)
    owners = [{i for i in range(6) if (members[:, i] == view).all((1, 2, 3)).any()} for view in views[0]]
    assert sorted(map(sorted, owners)) == [[i] for i in range(6)]
    for cell in views.swapaxes(0, 1):
        assert len({view.tobytes() for view in cell}) == 7
    assert seeded_views(cells, 4, seed=3).shape == (1, 4, 3, 32, 32)
    assert seeded_views(cells, 1000, seed=3).shape == (16, 6, 3, 32, 32)


def test_features_of_views_keep_views_and_cells_apart():
    views = np.random.default_rng(0).integers(0, 256, (3, 2, 3, 4, 4), dtype=np.uint8)
    features = ModuleFeatures(torch.nn.Flatten(), "pixels")
    found = extract_view_features(features, views)
    np.testing.assert_array_equal(found[2, 1], features(views[2, 1][None])[0])
