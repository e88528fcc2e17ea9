import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from leukgan.classification.thumbnails import BATCH_SIZE, Thumbnails


@pytest.mark.parametrize(("height", "size"), [(64, 25), (128, 25), (256, 25), (64, 16)])
def test_thumbnails_agree_with_pillows_antialiased_bilinear_resize(height, size):
    image = np.random.default_rng(0).integers(0, 256, (3, height, height), dtype=np.uint8)
    channels = [Image.fromarray(c).resize((size, size), Image.Resampling.BILINEAR) for c in image]
    expected = np.stack([np.asarray(c) for c in channels]).reshape(1, -1) / 255
    rounding = 1.5 / 255  # Pillow rounds to whole numbers after each of the two directions.
    found = Thumbnails(size).transform(image[None])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=rounding)


def test_thumbnail_of_an_image_does_not_depend_on_its_batch(cells):
    images = cells(BATCH_SIZE + 1).images
    together = Thumbnails(5).transform(images)
    alone = np.concatenate([Thumbnails(5).transform(image[None]) for image in images[-2:]])
    np.testing.assert_array_equal(together[-2:], alone)


def test_thumbnails_are_a_transformer_that_needs_no_fit_and_can_be_cloned(cells):
    images = cells(2).images
    np.testing.assert_array_equal(
        clone(Thumbnails(7)).transform(images), Thumbnails(7).fit_transform(images, np.zeros(2))
    )
