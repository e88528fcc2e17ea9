"""Laws of the shortcut control: the background shows nothing of the cell, and the cell nothing of the background."""

import numpy as np
import pytest

from leukgan.data.sources.smears import render_smears
from leukgan.metrics.masking import background_only, border_colour, cell_only, covered_radius, covered_share
from leukgan.metrics.segmentation import Masks, segment

COLOUR = np.array([230, 200, 190], np.uint8)


def noise(count=4, size=32, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 3, size, size), dtype=np.uint8)


def off_centre(size):
    place = (np.arange(size) + 0.5) / size - 0.5
    return np.hypot(place[:, None], place)


def discs(radii, size=64):
    cells = np.stack([off_centre(size) <= radius for radius in radii])
    return Masks(cells, cells, cells.any(axis=(1, 2)))


def test_background_outside_the_disc_is_untouched():
    images = noise()
    hidden = background_only(images, 0.3, COLOUR)
    inside = off_centre(32) <= 0.3
    assert hidden.dtype == np.uint8
    np.testing.assert_array_equal(hidden[:, :, ~inside], images[:, :, ~inside])
    assert (hidden[:, :, inside] == COLOUR[:, None]).all()


def test_only_the_cell_is_left_and_nothing_where_there_is_none():
    images, masks = noise(2), discs([0.2, -1.0], size=32)
    alone = cell_only(images, masks, COLOUR)
    assert alone.dtype == np.uint8
    np.testing.assert_array_equal(alone[0][:, masks.cell[0]], images[0][:, masks.cell[0]])
    assert (alone[0][:, ~masks.cell[0]] == COLOUR[:, None]).all()
    assert (alone[1] == COLOUR[:, None, None]).all()


def test_radius_covers_nearly_every_cell_and_its_rim_whatever_images_show_none():
    masks = discs([0.2] * 199 + [0.4, -1.0])
    assert covered_radius(masks) == pytest.approx(0.22, abs=0.01)
    assert covered_share(masks, 0.22) == pytest.approx(0.995)
    assert covered_share(masks, 0.42) == 1


def test_radius_is_that_of_the_farthest_pixel():
    cell = np.zeros((1, 64, 64), dtype=bool)
    cell[0, 30:34, 30:50] = True
    masks = Masks(cell, cell, np.array([True]))
    radius = covered_radius(masks)
    assert radius == pytest.approx(np.hypot(17.5, 1.5) / 64 + 0.02)
    assert (background_only(noise(1, 64), radius, COLOUR)[0][:, cell[0]] == COLOUR[:, None]).all()


def test_some_background_is_always_left():
    radius = covered_radius(discs([0.7]))
    assert radius == 0.5
    assert covered_share(discs([0.7]), radius) == 0
    left = (background_only(np.zeros((1, 3, 64, 64), np.uint8), radius, COLOUR) == 0).all(axis=1).mean()
    assert left == pytest.approx(1 - np.pi / 4, abs=0.01)


def test_border_colour_is_the_mean_of_the_outermost_pixels():
    images = noise(3, 8)
    expected = np.concatenate(
        [images[:, :, 0], images[:, :, -1], images[:, :, 1:-1, 0], images[:, :, 1:-1, -1]], axis=-1
    ).mean(axis=(0, 2))
    assert border_colour(images).dtype == np.uint8
    np.testing.assert_array_equal(border_colour(images), np.rint(expected))
    images[:, :, 1:-1, 1:-1] = 0
    np.testing.assert_array_equal(border_colour(images), np.rint(expected))


def test_a_rendered_background_tells_nothing_of_its_cell():
    images = render_smears(image_size=64, count=20).images
    masks = segment(images)
    radius = covered_radius(masks)
    assert 0.2 < radius < 0.5
    assert not segment(background_only(images, radius, border_colour(images))).found.any()
