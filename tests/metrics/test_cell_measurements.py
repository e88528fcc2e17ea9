"""Laws of the measurements: drawn cells have known sizes, shapes and colours, and a shift is its own distance."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wasserstein_distance
from skimage.color import rgb2lab

from leukgan.data.sources.smears import render_smears
from leukgan.metrics.cell_measurements import MEASUREMENTS, measure_cells, measurement_distances
from leukgan.metrics.segmentation import Masks

CREAM, AZURE, VIOLET = (252, 228, 203), (150, 140, 190), (75, 30, 115)


def places(size):
    place = (np.arange(size) + 0.5) / size - 0.5
    return place, place[:, None]


def painted(size, nucleus, cell):
    image = np.broadcast_to(np.array(CREAM, np.uint8)[:, None, None], (3, size, size)).copy()
    for mask, colour in ((cell, AZURE), (nucleus, VIOLET)):
        image[:, mask] = np.array(colour, np.uint8)[:, None]
    return image[None]


def disc(size, radius):
    x, y = places(size)
    return np.hypot(x, y) <= radius


def exact(nucleus, cell):
    return Masks(nucleus[None], cell[None], np.array([True]))


def table(**columns):
    count = len(next(iter(columns.values())))
    values = {name: np.arange(count, dtype=float) for name in MEASUREMENTS} | columns
    return pd.DataFrame({"found": np.ones(count, dtype=bool)} | values)


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_measurements_of_a_drawn_cell_are_known(size):
    nucleus, cell = disc(size, 0.2), disc(size, 0.3)
    row = measure_cells(painted(size, nucleus, cell)).iloc[0]
    assert row["found"]
    assert row["nucleus_area"] == pytest.approx(np.pi * 0.2**2, rel=0.06)
    assert row["cell_area"] == pytest.approx(np.pi * 0.3**2, rel=0.06)
    assert row["nucleus_to_cell"] == pytest.approx((0.2 / 0.3) ** 2, rel=0.06)
    assert row["roundness"] == pytest.approx(1, abs=0.05)


def test_colours_of_a_painted_cell_are_known():
    row = measure_cells(painted(64, disc(64, 0.2), disc(64, 0.3))).iloc[0]
    lightness, redness, _ = rgb2lab(np.array(VIOLET) / 255)
    assert row[["nucleus_lightness", "nucleus_redness"]].tolist() == pytest.approx([lightness, redness])
    lightness, _, yellowness = rgb2lab(np.array(AZURE) / 255)
    assert row[["cytoplasm_lightness", "cytoplasm_blueness"]].tolist() == pytest.approx([lightness, -yellowness])


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_roundness_of_an_ellipse_is_known(ratio):
    x, y = places(128)
    ellipse = np.hypot(x / np.sqrt(ratio), y * np.sqrt(ratio)) <= 0.2
    row = measure_cells(painted(128, ellipse, ellipse), exact(ellipse, ellipse)).iloc[0]
    angle = np.linspace(0, 2 * np.pi, 10_001)
    around = np.hypot(np.diff(np.cos(angle) * np.sqrt(ratio)), np.diff(np.sin(angle) / np.sqrt(ratio))).sum()
    assert row["roundness"] == pytest.approx(4 * np.pi**2 / around**2, abs=0.03)


def test_a_nucleus_cut_by_the_border_keeps_its_perimeter():
    half = disc(64, 0.3)
    half = np.roll(half, 32, axis=0)
    half[32:] = False
    row = measure_cells(painted(64, half, half), exact(half, half)).iloc[0]
    assert row["roundness"] == pytest.approx(2 * np.pi**2 / (np.pi + 2) ** 2, abs=0.05)


def test_a_cell_without_cytoplasm_has_no_colour_of_it():
    nucleus = disc(64, 0.2)
    row = measure_cells(painted(64, nucleus, nucleus), exact(nucleus, nucleus)).iloc[0]
    assert row["nucleus_to_cell"] == 1
    assert row[["cytoplasm_lightness", "cytoplasm_blueness"]].isna().all()
    assert row.drop(["cytoplasm_lightness", "cytoplasm_blueness"]).notna().all()


@pytest.mark.parametrize("move", [lambda x: np.rot90(x, axes=(-2, -1)), lambda x: x[..., ::-1]])
def test_turning_and_mirroring_change_no_measurement(move):
    images = render_smears(image_size=64, count=10).images
    still, moved = measure_cells(images), measure_cells(np.ascontiguousarray(move(images)))
    pd.testing.assert_frame_equal(moved, still, check_exact=False, rtol=1e-9)


def test_an_image_without_a_cell_has_no_measurement():
    images = np.concatenate([np.full((1, 3, 64, 64), 200, np.uint8), painted(64, disc(64, 0.2), disc(64, 0.3))])
    measured = measure_cells(images)
    assert measured["found"].tolist() == [False, True]
    assert measured.loc[0, list(MEASUREMENTS)].isna().all()
    assert measured.loc[1, list(MEASUREMENTS)].notna().all()


def test_distance_of_a_shift_is_the_shift_in_standard_deviations():
    roundness = np.random.default_rng(0).normal(0.8, 0.1, 80)
    result = measurement_distances(table(roundness=roundness), table(roundness=roundness - 0.3), seed=0)
    row = result.set_index("measurement").loc["roundness"]
    assert row["distance"] == pytest.approx(0.3 / roundness.std(ddof=1))
    assert row["low"] < row["distance"] < row["high"]
    assert row["mean_real"] - row["mean_generated"] == pytest.approx(0.3)
    assert row["sd_generated"] == pytest.approx(row["sd_real"])


def test_distance_is_scipys():
    rng = np.random.default_rng(1)
    real, generated, other = rng.normal(size=30), rng.gamma(2, size=45), rng.normal(size=20)
    result = measurement_distances(
        table(cell_area=real), table(cell_area=generated), seed=0, real_baseline=table(cell_area=other)
    )
    row = result.set_index("measurement").loc["cell_area"]
    assert row["distance"] == pytest.approx(wasserstein_distance(real, generated) / real.std(ddof=1))
    assert row["floor"] == pytest.approx(wasserstein_distance(real, other) / real.std(ddof=1))


def test_same_seed_gives_the_same_interval():
    rng = np.random.default_rng(4)
    sets = table(cell_area=rng.normal(size=25)), table(cell_area=rng.normal(size=25))
    pd.testing.assert_frame_equal(measurement_distances(*sets, seed=5), measurement_distances(*sets, seed=5))
    assert not measurement_distances(*sets, seed=5).equals(measurement_distances(*sets, seed=6))


def test_sets_without_two_values_or_variation_have_no_distance():
    real = table(cell_area=np.full(5, 0.2), roundness=np.array([0.8, *[np.nan] * 4]))
    real["found"] = [True, False, False, False, False]
    result = measurement_distances(real, table(cell_area=np.arange(4.0)), seed=0).set_index("measurement")
    assert result.loc[["cell_area", "roundness"], ["distance", "low", "high"]].isna().all(axis=None)
    assert result.loc["roundness", ["n_real", "n_generated"]].tolist() == [1, 4]
    assert result.loc["roundness", ["found_real", "found_generated"]].tolist() == [0.2, 1.0]
    assert result.loc["nucleus_area", ["distance"]].notna().all()
