"""Laws of how far images from elsewhere are from the training images."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from leukgan.data.sources.smears import render_smears
from leukgan.data.split import split_images
from leukgan.features import ModuleFeatures
from leukgan.metrics.degradation import blur
from leukgan.metrics.shift import COLUMNS, measure_shift

SPLIT = split_images(render_smears(image_size=32, count=100, seed=0), index=0, seed=0, test_fraction=0.3)
FEATURES = ModuleFeatures(torch.nn.Sequential(torch.nn.AvgPool2d(4), torch.nn.Flatten()), "pixels")
CELLS = render_smears(image_size=32, count=60, seed=1)


@pytest.fixture(scope="module")
def found():
    dark = replace(CELLS, images=(CELLS.images * 0.7).astype(np.uint8))
    unequal = CELLS.part([*np.flatnonzero(CELLS.labels == 0), *np.flatnonzero(CELLS.labels == 1)[:8]])
    stain = np.array([1.0, 0.6, 1.0])[:, None, None]
    stained = replace(CELLS, images=(CELLS.images * stain).astype(np.uint8))
    sets = {"same": CELLS, "dark": dark, "blurred": replace(CELLS, images=blur(CELLS.images)), "unequal": unequal}
    sets["stained"] = stained
    return measure_shift(SPLIT.train, SPLIT.test, sets, features=FEATURES, seed=0).set_index(["test_set", "measure"])


def test_columns_are_those_of_the_table(found):
    assert [*found.index.names, *found.columns] == [*COLUMNS]


def test_other_cells_of_the_same_kind_do_not_differ(found):
    same = found.loc["same"].dropna()
    assert ((same["low"] < 0.55) & (same["high"] > 0.45)).all()
    assert same["auc"].between(0.35, 0.65).all()


def test_darker_images_are_darker_and_blurred_ones_less_sharp(found):
    assert found.loc[("dark", "brightness"), "auc"] < 0.1
    assert found.loc[("dark", "brightness"), "external"] == pytest.approx(
        0.7 * found.loc[("same", "brightness"), "external"], rel=0.02
    )
    assert found.loc[("blurred", "sharpness"), "high"] < 0.3
    assert found.loc[("blurred", "brightness"), "auc"] == pytest.approx(
        found.loc[("same", "brightness"), "auc"], abs=0.05
    )


def test_the_distance_in_features_sees_another_stain(found):
    kid = found.xs("kid_pixels", level="measure")
    assert kid.loc["stained", "low"] > kid.loc["same", "high"]
    assert kid["test"].nunique() == 1
    assert kid["auc"].isna().all()


def test_unequal_shares_of_the_classes_are_no_shift(found):
    for measure in ("brightness", "red", "sharpness"):
        assert found.loc[("unequal", measure), "auc"] == pytest.approx(found.loc[("same", measure), "auc"], abs=0.12)
