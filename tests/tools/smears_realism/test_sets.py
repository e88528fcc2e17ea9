"""Laws of telling sets of images apart: by chance where nothing differs, always where a colour does; distances."""

import numpy as np
import pytest

from leukgan.data.sources.smears import render_smears
from leukgan.errors import InputError
from leukgan.metrics.cell_measurements import MEASUREMENTS, measure_cells
from leukgan.tools.smears_realism.sets import (
    COLOURS,
    colour_distances,
    colour_histograms,
    compare_sets,
    sample_of,
    tell_apart,
)


def noise(count, seed, shift=0):
    return np.random.default_rng(seed).integers(60 + shift, 180 + shift, (count, 3, 32, 32), dtype=np.uint8)


@pytest.fixture(scope="module")
def smears():
    """Two sets of the same kind: the images of one rendering, one for each set in turn."""
    images = render_smears(image_size=32, count=40, seed=3).images
    return images[::2], images[1::2]


def test_sets_of_one_distribution_are_told_apart_by_chance_alone():
    """The standard error of an accuracy on 400 images is 0.025."""
    assert tell_apart(noise(200, 0), noise(200, 1)).mean == pytest.approx(0.5, abs=0.075)


def test_the_same_images_are_never_told_apart():
    """A copy in the training part has the other label, so that answers are by chance or worse."""
    images = noise(30, 0)
    assert tell_apart(images, images).mean == pytest.approx(0.25, abs=0.25)


def test_sets_of_another_mean_colour_are_told_apart():
    assert tell_apart(noise(50, 0), noise(50, 1, shift=40)).mean == pytest.approx(1, abs=0.01)


def test_the_mean_is_that_of_the_divisions_and_so_is_the_spread():
    real, other = noise(20, 0), noise(20, 1)
    first = tell_apart(real, other)
    assert first.spread == 0
    pair = tell_apart(real, other, repeats=2)
    assert pair == tell_apart(real, other, repeats=2)
    assert pair.spread == pytest.approx(np.sqrt(2) * abs(pair.mean - first.mean))


@pytest.mark.parametrize("counts", [(10, 9), (4, 4), (0, 0)])
def test_sets_that_cannot_be_told_apart_fairly_are_refused(counts):
    with pytest.raises(InputError, match=f"at least 5; got {counts[0]} and {counts[1]}"):
        tell_apart(*(noise(count, 0) for count in counts))


def test_histograms_are_shares_of_pixels():
    images = np.zeros((3, 3, 32, 32), np.uint8)
    images[0, 1] = 255
    shares = colour_histograms(images)
    assert shares.sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    assert shares[1, [0, 255]].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_colour_distances_are_those_of_sorted_pixels():
    real, other = noise(4, 0), noise(4, 1, shift=30) // 2
    pixels = [np.sort(images.transpose(1, 0, 2, 3).reshape(3, -1).astype(float), axis=1) for images in (real, other)]
    np.testing.assert_allclose(colour_distances(real, other), np.abs(pixels[0] - pixels[1]).mean(axis=1))


def test_a_comparison_has_a_row_for_each_measure(smears):
    real, other = map(sample_of, smears)
    table = compare_sets(real, other, repeats=2, seed=0).set_index("measure")
    assert list(table.index) == ["accuracy", *COLOURS, *MEASUREMENTS]
    assert tuple(table.loc["accuracy", ["value", "spread"]]) == tell_apart(*smears, repeats=2)
    assert table.loc[list(COLOURS), "value"].tolist() == colour_distances(*smears).tolist()
    assert set(table["n_real"]) == {20}
    for which, images in zip(("real", "other"), smears, strict=True):
        cells = measure_cells(images)[list(MEASUREMENTS)]
        for name, q in (("lower", 0.25), ("median", 0.5), ("upper", 0.75)):
            expected = cells.quantile(q)
            np.testing.assert_allclose(table.loc[list(MEASUREMENTS), f"{name}_{which}"].astype(float), expected)
            assert table.loc["green", f"{name}_{which}"] == np.quantile(images[:, 1], q)


def test_equal_sets_have_no_distance(smears):
    sample = sample_of(smears[0])
    table = compare_sets(sample, sample, repeats=1, seed=0).set_index("measure")
    assert table["value"].drop("accuracy").abs().max() == pytest.approx(0, abs=1e-12)


def test_measurements_are_missing_where_no_cell_is_found():
    empty, cells = sample_of(np.full((6, 3, 32, 32), 200, np.uint8)), sample_of(noise(6, 0))
    table = compare_sets(empty, cells, repeats=1, seed=0).set_index("measure")
    assert table.loc["cell_area", ["value", "median_real"]].isna().all()
    assert table.loc["cell_area", "n_real"] == 0
    assert table.loc["red", "n_real"] == 6
