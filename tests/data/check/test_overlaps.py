"""Laws of overlapping crops: pieces of one photograph are found with their shift, and pieces of two are not."""

import numpy as np
import pytest
from PIL import Image
from real_files import REAL_CELLS, needs_real_cells
from scipy import ndimage

from leukgan.data.check.overlaps import SIDE, overlapping_crops
from leukgan.data.sources.smears import render_smears

OFFSETS = [(0, 0, 30, 12), (40, 5, 0, 70), (25, 25, 25, 0), (0, 60, 60, 60), (70, 0, 10, 50), (60, 60, 20, 13)]


def resized(image, side):
    return np.asarray(
        Image.fromarray(image.transpose(1, 2, 0)).resize((side, side), Image.Resampling.BICUBIC)
    ).transpose(2, 0, 1)


def crops(photographs, size, share=0.7):
    """Two crops of each photograph, made small, and where a point of the second is in the first, from that place."""
    images, shifts = [], []
    for n, photograph in enumerate(photographs):
        side = round(share * photograph.shape[-1])
        scale = photograph.shape[-1] / 257
        top, left, other_top, other_left = (int(offset * scale) for offset in OFFSETS[n % len(OFFSETS)])
        for a, b in ((top, left), (other_top, other_left)):
            images.append(resized(np.ascontiguousarray(photograph[:, a : a + side, b : b + side]), size))
        shifts.append(((other_top - top) / side, (other_left - left) / side))
    return np.stack(images), shifts


@pytest.fixture(scope="module")
def photographs():
    return render_smears(image_size=256, count=24, seed=2).images


def assert_found(images, shifts):
    """Nearly all pairs are found where they are, and no other."""
    found = overlapping_crops(images)
    pairs = [(pair.first, pair.second) for pair in found]
    assert set(pairs) <= {(2 * n, 2 * n + 1) for n in range(len(shifts))}
    assert len(set(pairs)) == len(pairs) >= 0.95 * len(shifts)
    for pair in found:
        rows, columns = shifts[pair.first // 2]
        assert pair.shift == pytest.approx((rows, columns), abs=0.015)
        assert pair.overlap == pytest.approx((1 - abs(rows)) * (1 - abs(columns)), abs=0.03)
        assert 0.77 < pair.correlation <= 1 + 1e-6


@pytest.mark.parametrize("size", [64, 128])
def test_two_crops_of_each_photograph_are_found_with_their_shift_and_nothing_else_is(photographs, size):
    assert_found(*crops(photographs, size))


def test_brightness_contrast_and_an_uneven_light_do_not_matter(photographs):
    images, shifts = crops(photographs, 64)
    light = np.linspace(-20, 20, 64)
    images[1::2] = np.clip(np.rint(images[1::2] * 0.85 + light + 15), 0, 255)
    assert_found(images, shifts)


def test_the_other_order_gives_the_opposite_shift(photographs):
    images, _ = crops(photographs, 64)
    for pair, reverse in zip(overlapping_crops(images[:8]), overlapping_crops(images[:8][::-1])[::-1], strict=True):
        assert (reverse.first, reverse.second) == (7 - pair.second, 7 - pair.first)
        assert reverse.shift == pytest.approx((-pair.shift[0], -pair.shift[1]))
        assert reverse.correlation == pytest.approx(pair.correlation, abs=1e-5)


def test_the_same_image_overlaps_wholly_and_a_turned_one_does_not(photographs):
    images = np.stack([resized(photograph, 64) for photograph in photographs[:5]])
    (pair,) = overlapping_crops(np.concatenate([images, images[3:4], np.rot90(images[1:2], axes=(2, 3))]))
    assert (pair.first, pair.second, pair.shift, pair.overlap) == (3, 5, (0.0, 0.0), 1.0)
    assert pair.correlation == pytest.approx(1, abs=1e-5)


def test_different_rendered_cells_do_not_overlap():
    assert overlapping_crops(render_smears(image_size=64, count=120, seed=4).images) == []


def test_blurred_cells_do_not_overlap(photographs):
    blurred = ndimage.gaussian_filter(photographs.astype(float), (0, 0, 4, 4))
    assert overlapping_crops(np.stack([resized(np.rint(image).astype(np.uint8), 64) for image in blurred])) == []


def test_images_without_structure_do_not_overlap():
    rng = np.random.default_rng(0)
    x = np.linspace(-15, 15, 64)
    flat = [np.full((3, 64, 64), value) for value in (0, 100, 100, 255)]
    camera = rng.integers(0, 2, (3, 64, 64))  # one grey value, the same in each image
    flat += [150 + camera, 170 + camera]
    noisy = [200 + rng.normal(0, 3, (3, 64, 64)) for _ in range(6)]
    light = [180 + a * x[:, None] + b * x + np.zeros((3, 1, 1)) for a, b in rng.uniform(0, 1, (6, 2))]
    assert overlapping_crops(np.rint(np.stack([*flat, *noisy, *light])).astype(np.uint8)) == []


@needs_real_cells
def test_crops_of_real_photographs_are_found_and_different_cells_do_not_overlap():
    paths = sorted((REAL_CELLS / "images").glob("*.tif"))
    photographs = [np.asarray(Image.open(path)).transpose(2, 0, 1) for path in paths]
    assert overlapping_crops(np.stack([resized(photograph, 64) for photograph in photographs])) == []
    assert_found(*crops(photographs[::5], 64))


def test_progress_is_the_area_compared(photographs):
    told = []
    overlapping_crops(photographs[:2], lambda done, total: told.append((done, total)))
    assert told[0][0] == SIDE**2
    assert told[1][0] == SIDE**2 + SIDE * (SIDE - 1)
    assert told[-1] == (told[0][1],) * 2
