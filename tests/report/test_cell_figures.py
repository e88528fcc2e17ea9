"""Laws of the figures about the central cell: what they show of the images and of the measurements."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from leukgan.data.sources.smears import render_smears
from leukgan.metrics.cell_measurements import MEASUREMENTS, measure_cells, measurement_distances
from leukgan.metrics.masking import background_only, border_colour, cell_only, covered_radius
from leukgan.metrics.segmentation import Masks, segment
from leukgan.report.cell_figures import PANELS, MaskedImages, masks_figure, measurements_figure

YELLOW, GREEN = (0xF0, 0xE4, 0x42), (0x00, 0x9E, 0x73)


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


@pytest.fixture(scope="module")
def tables(shown):
    return tuple(measure_cells(part.images, part.masks) for part in shown)


def test_masks_figure_outlines_nucleus_and_cell(shown):
    figure = masks_figure(shown, leaky=False)
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


@pytest.mark.parametrize("count", [1, 3])
def test_masks_figure_takes_few_images(shown, count):
    part = shown[0]
    few = MaskedImages(
        part.class_name,
        part.images[:count],
        Masks(part.masks.nucleus[:count], part.masks.cell[:count], part.masks.found[:count]),
        part.background[:count],
        part.cell_alone[:count],
    )
    assert shows(masks_figure([few], leaky=False), YELLOW)


def test_there_is_a_panel_for_each_measurement():
    assert tuple(PANELS) == MEASUREMENTS


def test_measurements_figure_names_its_sources(tables):
    distances = measurement_distances(*tables, seed=0)
    real = measurements_figure(*tables, distances, "healthy", leaky=False, rendered=False)
    rendered = measurements_figure(*tables, distances, "healthy", leaky=False, rendered=True)
    assert real.name == rendered.name == "measurements_healthy"
    assert "real and generated" in real.title
    assert "rendered and generated" in rendered.title
    assert "real" not in rendered.caption
    assert "100% of the real and 100% of the generated" in real.caption
    assert real.png != rendered.png


def test_figures_have_the_same_bytes_every_time(shown, tables):
    distances = measurement_distances(*tables, seed=0)
    for draw in (
        lambda: masks_figure(shown, leaky=False),
        lambda: measurements_figure(*tables, distances, "healthy", leaky=False, rendered=True),
    ):
        one, again = draw(), draw()
        assert one.png == again.png
        assert one.pdf == again.pdf


def test_a_leak_is_stamped(shown, tables):
    distances = measurement_distances(*tables, seed=0)
    for draw in (
        lambda leaky: masks_figure(shown, leaky),
        lambda leaky: measurements_figure(*tables, distances, "healthy", leaky, rendered=True),
    ):
        assert shows(draw(True), (0xC0, 0, 0))
        assert not shows(draw(False), (0xC0, 0, 0))


def test_generated_images_without_any_cell_are_drawn_too(tables):
    nothing = measure_cells(np.full((3, 3, 32, 32), 200, np.uint8))
    distances = measurement_distances(tables[0], nothing, seed=0)
    figure = measurements_figure(tables[0], nothing, distances, "healthy", leaky=False, rendered=True)
    assert "0% of the generated" in figure.caption
    assert figure.png
