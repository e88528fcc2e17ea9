"""Laws of the search for the nearest cell, whichever way it is turned."""

import numpy as np
import pytest

from leukgan.data.augmentation import dihedral_views
from leukgan.data.sources.smears import render_smears
from leukgan.metrics.nearest_neighbours import dihedral_distances, standardised


@pytest.fixture(scope="module")
def cells():
    return render_smears(image_size=32, count=20).images


def correlation(first, second):
    """Of the thumbnails of two images uint8 (3, 32, 32), without torch."""
    weights = np.array([1, 3, 3, 1]) / 8  # of antialiased bilinear sampling at half the size

    def thumbnail(image):
        wide = np.pad(image.astype(float), ((0, 0), (1, 1), (1, 1)))
        inside = np.pad(np.ones(image.shape[1:]), 1)

        def smooth(values):
            return sum(
                weights[i] * weights[j] * values[..., i : i + 31 : 2, j : j + 31 : 2]
                for i in range(4)
                for j in range(4)
            )

        small = smooth(wide) / smooth(inside)
        return (small - small.mean((1, 2), keepdims=True)).ravel()

    a, b = thumbnail(first), thumbnail(second)
    return a @ b / np.sqrt((a @ a) * (b @ b))


def test_every_member_of_an_orbit_finds_its_cell_and_itself(cells):
    members = dihedral_views(cells[:5])  # (16, 5, 3, H, W)
    for member in range(16):
        found = dihedral_distances(members[member], cells[:5])
        np.testing.assert_allclose(found.values[np.arange(5), np.arange(5)], 0, atol=1e-6)
        np.testing.assert_array_equal(found.values.argmin(1), np.arange(5))
        np.testing.assert_array_equal(found.orientations[np.arange(5), np.arange(5)], member)


def test_distances_are_those_of_a_search_one_by_one(cells):
    images, others = cells[:3], cells[3:8]
    found = dihedral_distances(images, others)
    turned = dihedral_views(others)
    for i, image in enumerate(images):
        for j in range(len(others)):
            each = [np.sqrt(2 - 2 * correlation(image, turned[k, j])) for k in range(16)]
            assert found.values[i, j] == pytest.approx(min(each), abs=1e-4)
            assert found.orientations[i, j] == np.argmin(each)


def test_a_cell_is_as_far_alone_as_among_many(cells):
    together = dihedral_distances(cells[:7], cells)
    for j in (0, 17, 19):  # of the first and of later blocks
        alone = dihedral_distances(cells[:7], cells[j : j + 1])
        np.testing.assert_allclose(alone.values[:, 0], together.values[:, j], atol=1e-7)
        np.testing.assert_array_equal(alone.orientations[:, 0], together.orientations[:, j])


def test_a_negative_is_farthest_and_an_even_image_is_near_to_nothing(cells):
    whole = standardised(cells[:4])
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1)
    np.testing.assert_allclose(standardised(255 - cells[:4]), -whole, atol=1e-6)
    even = np.full((1, 3, 32, 32), 77, np.uint8)
    np.testing.assert_array_equal(standardised(even), 0)
    np.testing.assert_allclose(dihedral_distances(even, cells[:4]).values, 1)
