"""Laws of the measures of copying: a generator that copies is caught in each guise, and nothing else is."""

import numpy as np
import pytest
from real_files import REAL_CELLS, needs_real_cells
from scipy import ndimage
from scipy.stats import mannwhitneyu, norm

from leukgan.data.augmentation import dihedral_views, flatten_views
from leukgan.data.sources.all_idb2 import list_all_idb2
from leukgan.data.sources.smears import render_smears
from leukgan.errors import InputError
from leukgan.metrics.memorisation import (
    excess_p_value,
    find_same_cells,
    flag_limit,
    measure_memorisation,
    neighbours,
    summarise_distances,
    three_sample_z,
)
from leukgan.metrics.nearest_neighbours import Distances, dihedral_distances

TRAINING, HELD_OUT, GENERATED = 50, 10, 100


@pytest.fixture(scope="module")
def cells():
    """Healthy cells: those of the training, held-out ones, and as many others as a generator is asked for."""
    images = render_smears(image_size=32, count=2 * (TRAINING + HELD_OUT + GENERATED)).of_class(0).images
    return np.split(images, [TRAINING, TRAINING + HELD_OUT])


def rounded(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def turned(images):
    """Another member of each image's orbit."""
    return dihedral_views(images)[np.random.default_rng(1).integers(1, 16, len(images)), np.arange(len(images))]


GUISES = {
    "verbatim": lambda x: x,
    "turned": turned,
    "noisy": lambda x: rounded(turned(x) + np.random.default_rng(2).normal(0, 10, x.shape)),
    "blurred": lambda x: rounded(ndimage.gaussian_filter(turned(x).astype(float), (0, 0, 0.7, 0.7))),
    "brighter": lambda x: rounded(turned(x) * 1.1 + 10),
    "tinted": lambda x: rounded(turned(x) * np.array([0.9, 1.1, 1.0])[:, None, None]),
    "shifted": lambda x: rounded(ndimage.shift(turned(x).astype(float), (0, 0, 0.5, -0.3), order=1, mode="mirror")),
}


@pytest.mark.parametrize("guise", GUISES)
def test_a_generator_that_copies_raises_the_alarm(cells, guise):
    training, held_out, others = cells
    sources = np.arange(40)
    found = measure_memorisation(training, held_out, GUISES[guise](training[sources]))
    assert found.alarm
    assert found.copies == 40
    assert found.authenticity == 0
    assert found.c_t < -3
    np.testing.assert_array_equal(found.generated["nearest"], sources)

    # Five copies among a hundred images suffice, and are those flagged.
    generated = np.concatenate([others[:60], GUISES[guise](training[3:8]), others[60:95]])
    found = measure_memorisation(training, held_out, generated)
    assert found.alarm
    assert found.generated.query("flagged")["index"].tolist() == [60, 61, 62, 63, 64]
    assert found.generated.query("flagged")["nearest"].tolist() == [3, 4, 5, 6, 7]


def test_held_out_cells_raise_no_alarm_in_any_of_many_divisions(cells):
    images = np.concatenate(cells)
    found = dihedral_distances(images, images)
    rng = np.random.default_rng(0)
    alarms = []
    for _ in range(50):
        training, *others = np.split(rng.permutation(len(images)), [TRAINING, TRAINING + HELD_OUT])
        sets = (Distances(*(part[np.ix_(s, training)] for part in found)) for s in (training, *others))
        alarms.append(summarise_distances(*sets).alarm)
    assert sum(alarms) == 0


POOR = {
    "slightly blurred": lambda x: rounded(ndimage.gaussian_filter(x.astype(float), (0, 0, 1, 1))),
    "blurred": lambda x: rounded(ndimage.gaussian_filter(x.astype(float), (0, 0, 3, 3))),
    "collapsed": lambda x: x[:1].repeat(len(x), axis=0),
    "average": lambda x: rounded(x.mean(0, keepdims=True)).repeat(len(x), axis=0),
    "round average": lambda x: rounded(flatten_views(dihedral_views(x)).mean(0, keepdims=True)).repeat(len(x), axis=0),
    "even": lambda x: np.full_like(x, 128),
    "noise": lambda x: rounded(np.random.default_rng(3).normal(128, 50, x.shape)),
}


@pytest.mark.parametrize("fault", POOR)
def test_a_poor_generator_raises_no_alarm(cells, fault):
    training, held_out, others = cells
    assert not measure_memorisation(training, held_out, POOR[fault](others)).alarm


def test_the_average_of_the_training_images_is_near_to_all_and_copies_none(cells):
    training, held_out, _ = cells
    found = measure_memorisation(training, held_out, rounded(training.mean(0, keepdims=True)).repeat(50, axis=0))
    assert found.copies == 0
    assert not found.alarm
    assert found.c_t < -3  # why C_T alone raises no alarm
    assert found.authenticity == 0


@pytest.mark.parametrize("m", [1, 12, 200])
def test_the_three_sample_statistic_is_that_of_an_independent_test(m):
    rng = np.random.default_rng(m)
    generated, held_out = rng.normal(0.3, 1, m).round(1), rng.normal(0, 1, 15).round(1)  # with ties
    expected = mannwhitneyu(generated, held_out, method="asymptotic", use_continuity=False, alternative="two-sided")
    z = three_sample_z(generated, held_out)
    assert np.sign(z) == np.sign(expected.statistic - m * 15 / 2)
    assert 2 * norm.sf(abs(z)) == pytest.approx(expected.pvalue, rel=1e-9)
    assert np.isnan(three_sample_z(np.ones(m), np.ones(4)))


def test_columns_are_what_a_search_by_hand_finds():
    values = np.array([[0.2, 0.8, 0.4], [0.9, 0.3, 0.6]])
    members = np.array([[5, 1, 2], [3, 15, 4]], np.uint8)
    table = neighbours(Distances(values, members), np.eye(3, dtype=bool))
    assert table["nearest"].tolist() == [0, 1]
    assert table["orientation"].tolist() == [5, 15]
    assert table["distance"].tolist() == [0.2, 0.3]
    assert table["second"].tolist() == [0.4, 0.6]
    np.testing.assert_allclose(table["ratio"], 0.5)


def test_an_image_is_authentic_if_its_cell_has_a_nearer_neighbour():
    among = np.array([[0, 0.5, 0.9], [0.5, 0, 1.0], [0.9, 1.0, 0]])
    generated = np.array([[0.4, 0.7, 0.8], [0.9, 0.6, 1.0], [0.9, 0.9, 0.8]])
    none = np.zeros((3, 3), np.uint8)
    found = summarise_distances(*(Distances(values, none) for values in (among, generated[1:2], generated)))
    assert found.authenticity == pytest.approx(1 / 3)  # 0.4 < 0.5, 0.6 > 0.5, 0.8 < 0.9
    assert found.authenticity_held_out == 1
    assert found.median_distance == pytest.approx(0.6)
    assert found.median_distance_held_out == pytest.approx(0.6)


def test_the_limit_is_sixteen_medians_and_one_twin_hardly_moves_it():
    assert flag_limit(np.exp(-np.array([0.01, 0.05, 0.2]))) == pytest.approx(np.exp(-0.8))
    assert flag_limit(np.array([0.9, 0.95, 1e-6])) == pytest.approx(0.9**16)


def test_chance_is_the_binomial_tail():
    assert excess_p_value(0, 200, 0.0) == pytest.approx(1)
    assert excess_p_value(1, 200, 0.0) == pytest.approx(1 - 0.995**200)
    assert excess_p_value(2, 2, 0.1) == pytest.approx(0.01)


def test_ratios_of_real_cells_fall_off_as_the_law_behind_the_limit_says(cells):
    training, held_out, others = cells
    real = -np.log(measure_memorisation(training, held_out, others).generated["ratio"])
    multiples = real / real.median()
    for median in (2, 3):
        assert (multiples > median).mean() == pytest.approx(2.0**-median, abs=0.09)
    assert multiples.max() < 14


def test_pictures_of_one_cell_do_not_hide_that_it_was_copied(cells):
    training, held_out, others = cells
    again = rounded(training * 0.95 + np.random.default_rng(0).normal(0, 5, training.shape))
    doubled = np.concatenate([training, again])
    among = dihedral_distances(doubled, doubled).values
    np.testing.assert_array_equal(find_same_cells(among), np.tile(np.eye(TRAINING, dtype=bool), (2, 2)))
    copier = measure_memorisation(doubled, held_out, turned(training))
    assert copier.alarm
    assert copier.copies == TRAINING
    assert not measure_memorisation(doubled, held_out, others).alarm


def test_held_out_pictures_of_training_cells_are_no_reason_for_an_alarm(cells):
    training, held_out, others = cells
    again = turned(training)
    seen = np.concatenate([held_out[:7], again[:3]])  # three of ten
    as_often = np.concatenate([others[:70], again[10:40]])
    found = measure_memorisation(training, seen, as_often)
    assert (found.copies_held_out, found.copies) == (3, 30)
    assert not found.alarm
    assert measure_memorisation(training, seen, np.concatenate([others[:40], again, again[:10]])).alarm


def test_too_few_images_are_an_error(cells):
    training, held_out, others = cells
    with pytest.raises(InputError, match="at least 3 training"):
        measure_memorisation(training[:2], held_out, others)
    with pytest.raises(InputError, match="at least 1 held-out"):
        measure_memorisation(training, held_out[:0], others)
    with pytest.raises(InputError, match="at least 1 generated"):
        measure_memorisation(training, held_out, others[:0])


@needs_real_cells
@pytest.mark.parametrize("label", [0, 1])
def test_real_cells_copied_raise_the_alarm_and_held_out_ones_do_not(label):
    images = list_all_idb2(image_size=32, root=str(REAL_CELLS / "images")).load().of_class(label).images
    training, held_out, others = np.split(images[np.random.default_rng(0).permutation(100)], [50, 60])
    assert not measure_memorisation(training, held_out, others).alarm
    some = np.concatenate([others[:36], *(guise(training[:1]) for guise in GUISES.values())])
    found = measure_memorisation(training, held_out, some)
    assert found.alarm
    assert found.generated.query("flagged")["index"].tolist() == list(range(36, 36 + len(GUISES)))
