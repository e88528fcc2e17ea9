"""Laws of a check's figures: what is shown is what was found, and nothing where nothing was."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from toys import split_settings

from leukgan.data.augmentation import AUGMENTATIONS
from leukgan.data.check import check
from leukgan.data.check.figures import augmentation_figures, check_figures
from leukgan.data.sources.smears import render_smears
from leukgan.presentation.images import fit, mosaic

CELLS = render_smears(image_size=64, count=24, seed=3)
AUGMENTATION = {"gan": "orbit", "classifiers": "rotations"}


def figures_of(images):
    made = check(images, "smears", split_settings(), seed=0, overlaps=False)
    return {figure.name: figure for figure in check_figures(made, AUGMENTATION)}


def pixels_of(figure):
    return np.asarray(Image.open(io.BytesIO(figure.png)).convert("RGB"))


def test_clean_images_have_sheets_surroundings_and_augmentations():
    names = ["sheet_healthy", "sheet_leukemia", "surroundings", "augmentation_gan", "augmentation_classifiers"]
    assert list(figures_of(CELLS)) == names


def test_a_repeat_is_shown_turned_as_its_first_is():
    """Of six cells, each second one is turned by another number of quarters, and half of them are mirrored."""
    pixels = CELLS.images.copy()
    for place, quarters in enumerate((1, 2, 3) * 2):
        second = np.rot90(pixels[place], quarters, axes=(1, 2))
        pixels[12 + place] = second[..., ::-1] if place > 2 else second
    figure = figures_of(replace(CELLS, images=pixels))["repeats"]
    firsts = mosaic(*fit(pixels[:6].transpose(0, 2, 3, 1), 1500 / 6), 6)
    height, width = firsts.shape[:2]
    page = pixels_of(figure)
    for top in (96, 96 + height + 12):
        np.testing.assert_array_equal(page[top : top + height, 60 : 60 + width], firsts)
    assert "smear_0005_0 and smear_0017_0" in figure.caption


@pytest.mark.parametrize(("name", "count"), [("flips", 4), ("rotations", 8), ("orbit", 16)])
def test_a_figure_of_augmentation_shows_every_copy_pixel_by_pixel(name, count):
    image = np.random.default_rng(0).integers(0, 200, (32, 32, 3), dtype=np.uint8)
    gan, classifiers = augmentation_figures({"gan": name, "classifiers": "none"}, image)
    assert gan.title == f"{name}: {count} images of one, for the GANs"
    assert classifiers.title == "none: 1 image of one, for the classifiers' training sets with +aug"
    augmented = AUGMENTATIONS[name](image.transpose(2, 0, 1)[None])[:, 0].transpose(0, 2, 3, 1)
    expected = mosaic(*fit(augmented, 1500 / 8), 8)
    height, width = expected.shape[:2]
    np.testing.assert_array_equal(pixels_of(gan)[96 : 96 + height, 20 : 20 + width], expected)


def test_a_sheet_shows_every_image_of_a_class_in_order():
    sheet = figures_of(CELLS)["sheet_leukemia"]
    expected = mosaic(*fit(CELLS.of_class(1).images.transpose(0, 2, 3, 1), 1500 / 16), 16)
    height, width = expected.shape[:2]
    np.testing.assert_array_equal(pixels_of(sheet)[96 : 96 + height, 20 : 20 + width], expected)
    assert sheet.caption == "All of them, by name from smear_0002_1 to smear_0024_1."
