"""Laws of the figures of augmentations: one for each user, named, and of the run's own first image."""

import io

import numpy as np
import pytest
from PIL import Image
from synthetic_runs import write_run

from leukgan.data.augmentation import copies
from leukgan.presentation.images import fitted, mosaic
from leukgan.report.augmentation_figures import turned_figures, turned_images
from leukgan.report.reading import read_run

IMAGE = np.random.default_rng(0).integers(0, 200, (32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize(("name", "count"), [("flips", 4), ("rotations", 8), ("orbit", 16)])
def test_a_figure_shows_every_copy_pixel_by_pixel(name, count):
    gan, classifiers = turned_figures({"gan": name, "classifiers": "none"}, IMAGE)
    assert gan.title == f"{name}: {count} images of one, for the GANs"
    assert classifiers.title == "none: 1 image of one, for the classifiers' training sets with +aug"
    made = copies(name, IMAGE.transpose(2, 0, 1)[None])[:, 0].transpose(0, 2, 3, 1)
    expected = mosaic(*fitted(made, 1500 / 8), 8)
    page = np.asarray(Image.open(io.BytesIO(gan.png)).convert("RGB"))
    height, width = expected.shape[:2]
    np.testing.assert_array_equal(page[96 : 96 + height, 20 : 20 + width], expected)


def test_a_run_shows_its_own_first_image_and_an_old_run_none(tmp_path):
    write_run(tmp_path)
    run = read_run(tmp_path)
    assert turned_images(run) == []
    run.splits[0].config["augmentation"] = {"gan": "orbit", "classifiers": "rotations"}
    with Image.open(sorted((tmp_path / "split-00/real/leukemia").glob("*.png"))[0]) as image:
        expected = turned_figures({"gan": "orbit", "classifiers": "rotations"}, np.asarray(image.convert("RGB")))
    assert turned_images(run) == expected
