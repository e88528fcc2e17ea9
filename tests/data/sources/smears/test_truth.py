"""Laws of what is known about rendered smears: the masks, the table, and that they tell what is in the picture."""

import numpy as np
import pytest

from leukgan.data.sources.smears import render_smears
from leukgan.data.sources.smears.subtypes import SUBTYPES


@pytest.fixture(scope="module")
def rendered():
    data = render_smears(image_size=64, count=80, bluish=0.5)
    return data, data.truth


def test_a_nucleus_lies_in_its_cell_and_the_cell_in_the_frame(rendered):
    _, truth = rendered
    assert truth.nucleus.shape == truth.cell.shape == (80, 64, 64)
    assert truth.nucleus.dtype == truth.cell.dtype == bool
    assert not (truth.nucleus & ~truth.cell).any()
    assert truth.nucleus.any(axis=(1, 2)).all()
    assert truth.cell[:, 20:44, 20:44].any(axis=(1, 2)).all()


@pytest.mark.parametrize("image_size", [32, 128])
def test_masks_have_the_areas_of_the_table(image_size):
    truth = render_smears(image_size=image_size, count=40).truth
    radius = np.sqrt(truth.cell.mean(axis=(1, 2)) * 4 / np.pi)
    ratio = truth.nucleus.sum(axis=(1, 2)) / truth.cell.sum(axis=(1, 2))
    np.testing.assert_allclose(radius, truth.table["radius"], atol=0.4 / image_size)
    np.testing.assert_allclose(ratio, truth.table["nucleus_ratio"], atol=1.4 / image_size)


def test_masks_are_the_same_at_every_size(rendered):
    large = render_smears(image_size=128, count=8, bluish=0.5).truth
    halved = large.cell.reshape(8, 64, 2, 64, 2).mean(axis=(2, 4)) >= 0.5
    assert (halved ^ rendered[1].cell[:8]).mean(axis=(1, 2)) == pytest.approx(0, abs=0.01)


def test_nuclei_are_dark_and_cells_are_not_the_background(rendered):
    data, truth = rendered
    green = data.images[:, 1].astype(float)
    for image, nucleus, cell in zip(green, truth.nucleus, truth.cell, strict=True):
        empty = np.quantile(image, 0.9)
        assert image[nucleus].mean() < 0.5 * empty
        assert image[nucleus].mean() < image[~cell].mean()
        assert image[cell].mean() < 0.8 * empty


def test_the_table_tells_the_class_and_every_subtype_occurs(rendered):
    data, truth = rendered
    table = truth.table
    assert len(table) == 80
    assert ((table["subtype"] == "blast") == (data.labels == 1)).all()
    assert set(table["subtype"]) == {*SUBTYPES, "blast"}
    assert (table["lineage"] == table["subtype"])[data.labels == 0].all()
    assert (table["severity"] == 0)[data.labels == 0].all()
    assert table["severity"].between(0, 1).all()
    assert (table["duplicate_of"] == -1).all()


def test_severity_falls_with_difficulty_from_one_to_zero():
    chosen = {"image_size": 32, "count": 40, "subtypes": ["monocyte", "eosinophil"]}
    tables = [render_smears(**chosen, difficulty=difficulty).truth.table for difficulty in (0, 0.3, 0.7, 1)]
    assert set(tables[0]["lineage"]) == {"monocyte", "eosinophil"}
    severities = [table["severity"].to_numpy()[1::2] for table in tables]
    assert (severities[0] == 1).all()
    assert (severities[3] == 0).all()
    assert (severities[0] > severities[1]).all()
    assert (severities[1] > severities[2]).all()


def test_focus_in_the_table_is_the_whole_blur():
    sharp, blurred = (render_smears(image_size=32, count=8, focus=f).truth.table["focus"] for f in (0, 0.03))
    np.testing.assert_allclose(blurred, np.hypot(sharp, 0.03))
