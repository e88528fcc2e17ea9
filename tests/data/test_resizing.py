"""Laws of resizing: nothing is stretched, borders are reflected, and blocks of rows give what the whole would."""

import numpy as np
import pytest
from PIL import Image

from leukgan.data.decoding import resize_to_square


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_a_picture_of_the_right_size_is_kept_to_the_bit():
    pixels = noise(32, 32, 3)
    np.testing.assert_array_equal(resize_to_square(pixels, 32), pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("shape", [(64, 41), (41, 64), (64, 64)])
def test_a_disc_stays_a_disc_in_a_crop_of_any_shape(shape):
    """A clipped crop is widened, not stretched: the disc keeps its radii, in proportion to the longer side."""
    height, width = shape
    rows, columns = np.ogrid[:height, :width]
    inside = (rows - (height - 1) / 2) ** 2 + (columns - (width - 1) / 2) ** 2 < 12**2
    pixels = np.repeat(np.where(inside, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    dark = resize_to_square(pixels, 32)[0, 8:24, 8:24] < 128  # without the disc's reflections
    assert np.ptp(np.flatnonzero(dark.any(0))) + 1 == pytest.approx(12, abs=1)
    assert np.ptp(np.flatnonzero(dark.any(1))) + 1 == pytest.approx(12, abs=1)


def test_a_clipped_crop_is_filled_with_its_own_reflection():
    pixels = noise(32, 16, 3)
    square = resize_to_square(pixels, 32).transpose(1, 2, 0)
    np.testing.assert_array_equal(square[:, 8:24], pixels)
    np.testing.assert_array_equal(square[:, :8], pixels[:, :8][:, ::-1])
    np.testing.assert_array_equal(square[:, 24:], pixels[:, 8:][:, ::-1])


@pytest.mark.parametrize("shape", [(50, 31), (31, 50), (257, 257), (4200, 10), (10, 4200), (20, 32)])
def test_fitting_in_parts_is_fitting_the_whole_square(shape):
    """A long strip is fitted in blocks of rows, to the bit as if its square had been in memory at once."""
    pixels, side = noise(*shape, 3), max(shape)
    before = [(side - length) // 2 for length in shape]
    around = [(start, side - length - start) for start, length in zip(before, shape, strict=True)]
    square = np.pad(pixels, [*around, (0, 0)], mode="symmetric")
    whole = Image.fromarray(square).resize((32, 32), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(resize_to_square(pixels, 32), np.asarray(whole).transpose(2, 0, 1))
