"""Laws of near duplicates: a planted copy is found in each guise, and different cells are told apart."""

import io

import numpy as np
import pytest
from PIL import Image
from real_files import REAL_CELLS, needs_real_cells
from scipy import ndimage

from leukgan.data.augmentation import rotate_flip
from leukgan.data.duplicates import (
    Pair,
    correlations,
    near_duplicates,
    near_duplicates_between,
    rotate_flip_spectra,
    spectra_of,
)
from leukgan.data.sources.smears import render_smears

SIZES = [32, 64, 128]
CELLS = 60


def rounded(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def compressed(image, quality):
    file = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(file, format="JPEG", quality=quality)
    return np.asarray(Image.open(file)).transpose(2, 0, 1)


def resized(image, side):
    picture = Image.fromarray(image.transpose(1, 2, 0)).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(picture).transpose(2, 0, 1)


def cropped(image):
    side = image.shape[-1]
    top, left, below, right = (round(share * side) for share in (0.01, 0.03, 0.02, 0.015))
    return resized(np.ascontiguousarray(image[:, top : side - below, left : side - right]), side)


def tinted(image):
    return rounded(image * np.array([0.9, 1.1, 1.0])[:, None, None])


CHANGES = {
    "as it is": lambda x: x,
    "compressed to 95": lambda x: compressed(x, 95),
    "compressed to 30": lambda x: compressed(x, 30),
    "brighter": lambda x: rounded(x * 1.2),
    "darker": lambda x: rounded(x * 0.8),
    "of more contrast": lambda x: rounded(128 + (x - 128.0) * 1.2),
    "tinted": tinted,
    "blurred": lambda x: rounded(ndimage.gaussian_filter(x.astype(float), (0, 1, 1))),
    "noisy": lambda x: rounded(x + np.random.default_rng(0).normal(0, 10, x.shape)),
    "resized and back": lambda x: resized(resized(x, 100), x.shape[-1]),
    "cropped": cropped,
    "cropped, tinted and compressed": lambda x: compressed(tinted(cropped(x)), 50),
}


def planted(pictures, size, every=20):
    """The pictures made small, then a copy of each twentieth of them, turned and compressed before; and their turns."""
    rng = np.random.default_rng(0)
    sources = rng.permutation(len(pictures))[: len(pictures) // every]
    turns = rng.integers(0, 8, len(sources))
    copies = [
        compressed(np.ascontiguousarray(rotate_flip(pictures[source], turn)), int(rng.integers(30, 96)))
        for source, turn in zip(sources, turns, strict=True)
    ]
    images = np.stack([resized(picture, size) for picture in (*pictures, *copies)])
    pairs = ((int(source), len(pictures) + n) for n, source in enumerate(sources))
    return images, dict(zip(pairs, turns.tolist(), strict=True))


@pytest.fixture(scope="module")
def pictures():
    return render_smears(image_size=128, count=CELLS, seed=1).images


@pytest.fixture(scope="module")
def real_pictures():
    return [np.asarray(Image.open(path)).transpose(2, 0, 1) for path in sorted((REAL_CELLS / "images").glob("*.tif"))]


@pytest.mark.parametrize("size", [32, 128])
@pytest.mark.parametrize("change", CHANGES)
def test_copies_in_each_guise_are_found_in_each_orientation_and_nothing_else_is(pictures, change, size):
    sources = range(8)
    copies = [CHANGES[change](np.ascontiguousarray(rotate_flip(pictures[n], n % 8))) for n in sources]
    images = np.stack([resized(picture, size) for picture in (*pictures, *copies)])
    found = near_duplicates(images)
    assert [(pair.first, pair.second) for pair in found] == [(n, CELLS + n) for n in sources]
    for pair in found:
        again = correlations(*(spectra_of(image[None]) for image in undone(images, pair)))
        assert again[0] == pytest.approx(pair.correlation, abs=1e-3)


def undone(images, pair):
    """The first image, and the second turned as the pair says."""
    return images[pair.first], rotate_flip(images[pair.second], pair.orientation)


def test_the_turn_is_the_one_that_makes_the_second_image_the_first(pictures):
    for turn in range(8):
        images = np.stack([rotate_flip(pictures[0], turn), pictures[0]])
        (pair,) = near_duplicates(images)
        assert pair.orientation == turn
        assert pair.correlation == pytest.approx(1, abs=1e-4)
        np.testing.assert_array_equal(*undone(images, pair))


def test_the_spectrum_of_a_turned_image_is_the_turned_spectrum(pictures):
    for turn in range(8):
        np.testing.assert_allclose(
            spectra_of(rotate_flip(pictures[:3], turn)), rotate_flip_spectra(spectra_of(pictures[:3]), turn), atol=1e-2
        )


def test_a_spectrum_keeps_the_energy_of_an_image_without_fine_structure():
    x = (np.arange(64) + 0.5) / 64
    image = rounded(128 + 50 * np.cos(3 * np.pi * x)[:, None] * np.cos(5 * np.pi * x))
    spectra = spectra_of(np.stack([image] * 3)[None])
    assert (spectra[0, 0] ** 2).sum() == pytest.approx((image.astype(float) ** 2).mean(), rel=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_planted_duplicates_of_rendered_cells_are_found_and_no_other_pair_is(pictures, size):
    assert_all_found(*planted(pictures, size))


@needs_real_cells
@pytest.mark.parametrize("size", SIZES)
def test_planted_duplicates_of_real_cells_are_found_and_no_other_pair_is(real_pictures, size):
    assert_all_found(*planted(real_pictures, size))


def assert_all_found(images, copies):
    found = {(pair.first, pair.second): pair for pair in near_duplicates(images)}
    assert found.keys() <= copies.keys()
    assert len(found) >= 0.95 * len(copies)
    inverse = {0: 0, 1: 3, 2: 2, 3: 1, 4: 4, 5: 5, 6: 6, 7: 7}
    assert all(pair.orientation == inverse[copies[key]] for key, pair in found.items())


def test_blurred_cells_are_told_apart(pictures):
    blurred = rounded(ndimage.gaussian_filter(pictures.astype(float), (0, 0, 4, 4)))
    images = np.stack([resized(picture, 64) for picture in (*blurred, rotate_flip(blurred[7], 3))])
    assert [(pair.first, pair.second) for pair in near_duplicates(images)] == [(7, CELLS)]


def test_images_without_structure_equal_only_themselves():
    rng = np.random.default_rng(0)
    x = np.linspace(-1, 1, 64)
    flat = [np.full((3, 64, 64), value) for value in (0, 100, 100, 101, 255)]
    noisy = [200 + rng.normal(0, 3, (3, 64, 64)) for _ in range(10)]
    light = [180 + a * x[:, None] + b * x + c * x**2 + np.zeros((3, 1, 1)) for a, b, c in rng.uniform(0, 15, (10, 3))]
    found = near_duplicates(np.stack([rounded(image) for image in (*flat, *noisy, *light)]))
    assert found == [Pair(1, 2, 0, 1.0)]


def test_a_negative_is_no_copy(pictures):
    assert near_duplicates(np.concatenate([pictures[:5], 255 - pictures[:5]])) == []


def test_blocks_do_not_matter(pictures, monkeypatch):
    images, _ = planted(pictures, 64, every=4)
    whole = near_duplicates(images)
    monkeypatch.setattr("leukgan.data.duplicates.BLOCK", 7)
    told = []
    parts = near_duplicates(images, lambda done, total: told.append((done, total)))
    assert [(pair.first, pair.second, pair.orientation) for pair in parts] == [
        (p.first, p.second, p.orientation) for p in whole
    ]
    assert told == [*((count * (count - 1) // 2, 2775) for count in range(7, 75, 7)), (2775, 2775)]
    assert len(whole) == 15


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_images_are_no_pair(pictures, count):
    assert near_duplicates(pictures[:count]) == []


def test_pairs_between_two_sets_are_the_pairs_of_both_together_that_cross():
    cells = render_smears(image_size=32, count=20, seed=3).images
    turned = np.stack([rotate_flip(cell, orientation) for cell, orientation in zip(cells[:6], range(6), strict=True)])
    others = np.concatenate([cells[12:], turned, np.full((1, 3, 32, 32), 9, np.uint8)])
    first = np.concatenate([cells[:12], np.full((1, 3, 32, 32), 9, np.uint8)])
    together = near_duplicates(np.concatenate([first, others]))
    crossing = [(pair.first, pair.second - len(first)) for pair in together if pair.first < len(first) <= pair.second]
    found = near_duplicates_between(first, others)
    assert [(pair.first, pair.second) for pair in found] == crossing
    assert [pair.orientation for pair in found][:6] == [pair.orientation for pair in together][:6]
    assert (12, len(others) - 1) in crossing  # equal pixels without any structure
    assert len(crossing) == 7
