"""Laws of the segmentation: drawn and rendered cells are found where they are, and nothing is found in nothing."""

import numpy as np
import pytest
from real_files import REAL_CELLS, needs_real_cells
from scipy.ndimage import gaussian_filter

from leukgan.data.sources.all_idb2 import list_all_idb2
from leukgan.data.sources.smears import render_smears
from leukgan.metrics.segmentation import segment

CREAM, RED_CELL, AZURE, VIOLET = (252, 228, 203), (205, 170, 170), (150, 140, 190), (75, 30, 115)


def blank(size, colour=CREAM):
    return np.broadcast_to(np.array(colour, np.uint8)[:, None, None], (3, size, size)).copy()


def disc(size, radius, x=0.0, y=0.0):
    """A mask; lengths are shares of the side, the middle is 0."""
    place = (np.arange(size) + 0.5) / size - 0.5
    return np.hypot(place[:, None] - y, place - x) <= radius


def paint(image, mask, colour):
    image[:, mask] = np.array(colour, np.uint8)[:, None]


def drawn(size=64, nucleus=0.15, cell=0.22, x=0.0, y=0.0):
    image = blank(size)
    for place in (-0.38, 0.38):
        paint(image, disc(size, 0.12, place, place), RED_CELL)
    paint(image, disc(size, cell, x, y), AZURE)
    paint(image, disc(size, nucleus, x, y), VIOLET)
    return image


def overlap(found, true):
    return (found & true).sum(axis=(-2, -1)) / (found | true).sum(axis=(-2, -1))


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_a_drawn_cell_is_found_where_it_is(size):
    masks = segment(np.stack([drawn(size, x=0.05, y=-0.08)]))
    assert masks.found.tolist() == [True]
    assert overlap(masks.nucleus[0], disc(size, 0.15, 0.05, -0.08)) > 0.9
    assert overlap(masks.cell[0], disc(size, 0.22, 0.05, -0.08)) > 0.9


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize(
    ("subtype", "nucleus", "cell"),
    [
        ("small_lymphocyte", 0.96, 0.965),
        ("monocyte", 0.96, 0.98),
        ("blast", 0.975, 0.977),
        ("neutrophil", 0.92, 0.94),
        ("eosinophil", 0.95, 0.42),  # orange granules have no violet: around its nucleus only the nucleus is found
    ],
)
def test_rendered_cells_are_found_where_they_were_drawn(size, subtype, nucleus, cell):
    blast = subtype == "blast"
    subtypes = ["small_lymphocyte", "monocyte"] if blast else [subtype]
    data = render_smears(image_size=size, count=40, subtypes=subtypes)
    truth = data.truth
    own = data.labels == blast
    masks = segment(data.images[own])
    assert masks.found.all()
    assert not (masks.nucleus & ~masks.cell).any()
    assert np.median(overlap(masks.nucleus, truth.nucleus[own])) == pytest.approx(nucleus, abs=0.02)
    assert np.median(overlap(masks.cell, truth.cell[own])) == pytest.approx(cell, abs=0.03)
    if subtype != "eosinophil":
        for found, true in ((masks.nucleus, truth.nucleus[own]), (masks.cell, truth.cell[own])):
            assert np.median(found.sum(axis=(1, 2)) / true.sum(axis=(1, 2))) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    "move", [lambda x: np.rot90(x, axes=(-2, -1)), lambda x: x[..., ::-1], lambda x: x[..., ::-1, :]]
)
def test_masks_turn_with_the_image(move):
    images = render_smears(image_size=64, count=4).images
    still, moved = segment(images), segment(np.ascontiguousarray(move(images)))
    np.testing.assert_array_equal(moved.nucleus, move(still.nucleus))
    np.testing.assert_array_equal(moved.cell, move(still.cell))


def test_an_image_does_not_depend_on_its_neighbours():
    images = render_smears(image_size=64, count=6).images
    np.testing.assert_array_equal(segment(images).cell[4], segment(images[4:5]).cell[0])


def test_the_central_cell_is_taken_and_not_its_neighbour():
    image = drawn(nucleus=0.1, cell=0.14)
    paint(image, disc(64, 0.2, 0.35, -0.1), AZURE)
    paint(image, disc(64, 0.17, 0.35, -0.1), VIOLET)
    masks = segment(image[None])
    assert overlap(masks.nucleus[0], disc(64, 0.1)) > 0.85
    assert not (masks.cell[0] & disc(64, 0.15, 0.35, -0.1)).any()


def test_lobes_of_a_nucleus_belong_together():
    image = drawn(nucleus=0.0, cell=0.25)
    lobes = disc(64, 0.08, -0.1) | disc(64, 0.08, 0.1)
    paint(image, lobes, VIOLET)
    assert overlap(segment(image[None]).nucleus[0], lobes) > 0.8


def test_red_cells_alone_are_no_white_cell():
    image = blank(64)
    for x, y in ((0, 0), (-0.3, 0.2), (0.3, 0.3)):
        paint(image, disc(64, 0.13, x, y), RED_CELL)
    assert not segment(image[None]).found.any()


def test_a_cell_at_the_border_is_not_central():
    assert not segment(drawn(x=0.4, y=0.4)[None]).found.any()


@pytest.mark.parametrize("size", [32, 64, 256])
def test_nothing_is_found_in_constant_images_and_noise(size):
    rng = np.random.default_rng(0)
    constant = [blank(size, colour) for colour in ((0, 0, 0), (255, 255, 255), VIOLET)]
    noise = rng.integers(0, 256, (10, 3, size, size), dtype=np.uint8)
    faint = np.clip(rng.normal(200, 8, (10, 3, size, size)), 0, 255).astype(np.uint8)
    masks = segment(np.concatenate([constant, noise, faint]))
    assert not masks.found.any()
    assert not masks.nucleus.any()
    assert not masks.cell.any()


def test_clouds_of_colour_are_no_cell():
    clouds = gaussian_filter(np.random.default_rng(0).normal(size=(10, 3, 64, 64)), (0, 0, 2, 2))
    images = np.clip(128 + 50 * clouds / clouds.std(), 0, 255).astype(np.uint8)
    assert not segment(images).found.any()


@needs_real_cells
def test_every_real_cell_is_found_and_monocytes_are_larger():
    cells = list_all_idb2(image_size=32, root=str(REAL_CELLS / "images"), classes=("lymphocyte", "monocyte")).load()
    masks = segment(cells.images)
    assert masks.found.all()
    lymphocyte, monocyte = (masks.cell[cells.labels == label].mean(axis=(1, 2)) for label in (0, 1))
    assert np.median(lymphocyte) == pytest.approx(0.12, abs=0.02)
    assert np.median(monocyte) == pytest.approx(0.29, abs=0.04)
