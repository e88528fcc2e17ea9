"""Laws of the figure of masks: outlines where a cell was found, and the images that the shortcut control used."""

import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from leukgan.data.sources.smears import render_smears
from leukgan.metrics.masking import background_only, border_colour, cell_only, covered_radius
from leukgan.metrics.segmentation import Masks, segment
from leukgan.report.masks_figure import MaskedImages, masks_figure, masks_figures
from leukgan.report.reading import read_run

YELLOW, GREEN, RED = (0xF0, 0xE4, 0x42), (0x00, 0x9E, 0x73), (0xC0, 0, 0)


def pixels(figure):
    return np.asarray(Image.open(BytesIO(figure.png)).convert("RGB")).astype(int)


def shows(figure, colour):
    return (np.abs(pixels(figure) - colour).max(axis=2) <= 2).any()


@pytest.fixture(scope="module")
def shown():
    data = render_smears(image_size=32, count=20)
    colour = border_colour(data.images)
    radius = covered_radius(segment(data.images))
    return [
        MaskedImages(
            name,
            part.images,
            masks := segment(part.images),
            background_only(part.images, radius, colour),
            cell_only(part.images, masks, colour),
        )
        for label, name in enumerate(data.classes)
        for part in [data.of_class(label)]
    ]


@pytest.mark.parametrize("count", [1, 3, 10])
def test_nucleus_and_cell_are_outlined(shown, count):
    part = shown[0]
    few = MaskedImages(
        part.class_name,
        part.images[:count],
        Masks(part.masks.nucleus[:count], part.masks.cell[:count], part.masks.found[:count]),
        part.background[:count],
        part.cell_alone[:count],
    )
    figure = masks_figure([few], leaky=False)
    assert figure.name == "masks"
    assert shows(figure, YELLOW)
    assert shows(figure, GREEN)


def test_a_second_class_is_drawn_below_the_first(shown):
    one, both = (pixels(masks_figure(classes, leaky=False)).shape for classes in (shown[:1], shown))
    assert one[1] == both[1]
    assert both[0] > 1.7 * one[0]


def test_images_without_a_cell_have_no_outline(shown):
    none = np.zeros_like(shown[0].masks.cell)
    part = shown[0]
    blank = MaskedImages(
        part.class_name, part.images, Masks(none, none, none.any(axis=(1, 2))), part.background, part.cell_alone
    )
    figure = masks_figure([blank], leaky=False)
    assert not shows(figure, YELLOW)
    assert not shows(figure, GREEN)


def test_a_leak_is_stamped_and_the_same_images_give_the_same_bytes(shown):
    assert masks_figure(shown, leaky=False) == masks_figure(shown, leaky=False)
    assert shows(masks_figure(shown, leaky=True), RED)
    assert not shows(masks_figure(shown, leaky=False), RED)


def test_masks_are_shown_as_the_control_has_used_them(make_run):
    folder = make_run(image_size=32)
    assert masks_figures(read_run(folder)) == []
    path = folder / "split-00" / "provenance.json"
    tree = json.loads(path.read_text())
    tree["masks"] = {"found": 1.0, "radius": 0.4, "covered": 1.0, "colour": [200, 180, 190]}
    path.write_text(json.dumps(tree))
    assert [figure.name for figure in masks_figures(read_run(folder))] == ["masks"]
