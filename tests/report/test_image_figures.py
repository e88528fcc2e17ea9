"""Laws of the figures of a run's images."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from report.synthetic_runs import edit_provenance

from leukgan.data.check.figures import augmentation_figures
from leukgan.data.sources.smears import render_smears
from leukgan.metrics.segmentation import Masks, segment
from leukgan.presentation.images import mosaic, read_images
from leukgan.report.image_figures import (
    augmented_image_figures,
    masks_figure,
    masks_figures,
    sample_figures,
)
from leukgan.report.reading import read_run

YELLOW, GREEN = (0xF0, 0xE4, 0x42), (0x00, 0x9E, 0x73)


def pixels(figure):
    return np.asarray(Image.open(BytesIO(figure.png)).convert("RGB")).astype(int)


def shows(figure, colour):
    return (np.abs(pixels(figure) - colour).max(axis=2) <= 2).any()


def test_a_mosaic_holds_every_pixel_of_its_images():
    images = np.random.default_rng(0).integers(0, 255, (3, 4, 5, 3), dtype=np.uint8)
    page = mosaic(images, scale=2, columns=2, gap=3)
    assert page.shape == (2 * 8 + 3, 2 * 10 + 3, 3)
    assert (page[11:19:2, 0:10:2] == images[2]).all()
    assert (page[0:8:2, 13:23:2] == images[1]).all()
    assert (page[11:, 13:] == 255).all()


def test_a_run_augments_its_own_first_image_and_an_old_run_none(make_run):
    folder = make_run(images=True)
    run, names = read_run(folder), {"gan": "orbit"}
    assert augmented_image_figures(run) == []
    run.splits[0].config["augmentation"] = names
    (first,) = read_images(folder / "split-00" / "real" / "leukemia", 1)
    assert augmented_image_figures(run) == augmentation_figures(names, first)


def test_samples_of_few_stages_leave_the_other_places_of_the_figure_blank(make_run):
    folder = make_run(images=True)
    steps = sorted((folder / "split-00/gan/leukemia/samples").glob("step_*.png"))
    for path in steps[2:]:
        path.unlink()
    (figure,) = (f for f in sample_figures(read_run(folder)) if f.name == "gan_samples_leukemia")
    page = pixels(figure)
    assert (page[:, page.shape[1] // 2 :] == 255).all()
    assert (page[:, : page.shape[1] // 2] < 255).any()


@pytest.fixture(scope="module")
def cells():
    return render_smears(image_size=32, count=20).images


def masked(images, masks):
    return {"as found": images, "background": images, "cell": images}, masks


@pytest.mark.parametrize("count", [1, 3, 8])
def test_nucleus_and_cell_are_outlined(cells, count):
    figure = masks_figure({"healthy": masked(cells[:count], segment(cells[:count]))}, stamp="")
    assert shows(figure, YELLOW)
    assert shows(figure, GREEN)


def test_images_without_a_cell_have_no_outline_and_a_second_class_is_drawn_below_the_first(cells):
    few = cells[:3]
    none = np.zeros((3, 32, 32), dtype=bool)
    blank = masked(few, Masks(none, none, none.any(axis=(1, 2))))
    one, both = masks_figure({"a": blank}, stamp=""), masks_figure({"a": blank, "b": blank}, stamp="")
    assert not shows(one, YELLOW)
    assert not shows(one, GREEN)
    assert pixels(one).shape[1] == pixels(both).shape[1]
    assert pixels(both).shape[0] > 1.7 * pixels(one).shape[0]


@pytest.mark.usefixtures("undrawn")
def test_masks_are_shown_as_the_control_has_used_them(make_run):
    folder = make_run(images=True, image_size=32)
    assert masks_figures(read_run(folder)) == []
    masks = {"found": 1.0, "radius": 0.4, "covered": 1.0, "colour": [200, 180, 190]}
    edit_provenance(folder / "split-00", lambda provenance: provenance.update(masks=masks))
    assert [figure.name for figure in masks_figures(read_run(folder))] == ["masks"]
