"""Laws of a split: every image once, classes in proportion, no group in two parts, a function of seed and index."""

import itertools

import numpy as np
import pytest

from leukgan.data.split import seed_of, split_images
from leukgan.errors import InputError


def split(images, index=0, seed=0, test_fraction=0.2, **more):
    return split_images(images, index=index, seed=seed, test_fraction=test_fraction, **more)


def parts_of(made):
    return made.train, made.validation, made.test


@pytest.mark.parametrize("validation_fraction", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("index", range(20))
def test_every_image_is_used_once(cells, index, validation_fraction):
    data = cells(23, 40)
    parts = parts_of(split(data, index, validation_fraction=validation_fraction))
    assert sorted(name for part in parts for name in part.names) == sorted(data.names)
    for part in parts:  # with its own label, pixels and hash
        places = [data.names.index(name) for name in part.names]
        np.testing.assert_array_equal(part.images, data.images[places])
        np.testing.assert_array_equal(part.labels, data.labels[places])
        assert part.sha256 == tuple(data.sha256[place] for place in places)


@pytest.mark.parametrize("index", range(5))
def test_the_study_s_split_has_208_and_52_images(cells, index):
    parts = split(cells(130, 130), index)
    assert np.bincount(parts.train.labels).tolist() == [104, 104]
    assert np.bincount(parts.test.labels).tolist() == [26, 26]


def test_each_class_keeps_its_share(cells):
    for index in range(20):
        parts = split(cells(30, 90), index, test_fraction=0.25)
        assert np.bincount(parts.test.labels).tolist() == pytest.approx([7.5, 22.5], abs=0.5)


@pytest.mark.parametrize("validation_fraction", [0.0, 0.1, 0.4])
def test_no_group_crosses_a_split(cells, validation_fraction):
    sources = [f"{i // 3:064x}" for i in range(30)] + [f"{100 + i // 2:064x}" for i in range(30)]
    data = cells(30, 30, sources)
    for index in range(200):
        parts = parts_of(split(data, index, validation_fraction=validation_fraction))
        for one, other in itertools.combinations(parts, 2):
            assert set(one.sha256).isdisjoint(other.sha256)
        assert sum(map(len, parts)) == 60


def test_no_validation_fraction_gives_no_validation_part(cells):
    made = split(cells(20, 20), validation_fraction=0)
    assert len(made.validation) == 0
    assert made.as_json() == split(cells(20, 20)).as_json()


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5])
def test_a_validation_part_is_taken_from_the_training_part_alone(cells, fraction):
    data = cells(30, 30)
    for index in range(10):
        whole, parted = split(data, index), split(data, index, validation_fraction=fraction)
        assert parted.test.names == whole.test.names
        assert set(parted.train.names + parted.validation.names) == set(whole.train.names)
        assert parted.train.names == tuple(n for n in whole.train.names if n not in parted.validation.names)


@pytest.mark.parametrize(
    ("fraction", "expected"), [(0.1, [2, 7]), (0.25, [6, 18]), (0.5, [12, 36]), (0.01, [1, 1]), (1e-9, [1, 1])]
)
def test_a_validation_part_has_its_share_of_each_class_and_at_least_one(cells, fraction, expected):
    for index in range(10):
        made = split(cells(30, 90), index, validation_fraction=fraction)
        assert np.bincount(made.validation.labels, minlength=2).tolist() == expected


def test_every_training_image_is_held_out_as_often_as_any_other(cells):
    data = cells(20, 20)
    held_out = [n for i in range(400) for n in split(data, i, validation_fraction=0.25).validation.names]
    counts = [held_out.count(name) for name in data.names]
    assert sum(counts) == 400 * 8
    assert counts == pytest.approx([80] * 40, abs=40)  # five standard deviations


def test_a_split_is_refused_or_leaves_two_of_each_class_to_train_on(cells):
    kept = refused = 0
    for count, fraction in itertools.product(range(6, 14), (0.1, 0.5, 0.8, 0.95)):
        try:
            made = split(cells(count, 13), test_fraction=0.3, validation_fraction=fraction)
        except InputError:
            refused += 1
            continue
        kept += 1
        assert min(np.bincount(part.labels, minlength=2).min() for part in (made.train, made.test)) >= 2
        assert np.bincount(made.validation.labels, minlength=2).min() >= 1
    assert kept > 10
    assert refused > 5


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, float("nan")])
def test_a_validation_fraction_below_0_or_from_1_is_refused(cells, fraction):
    rule = rf"^split\.validation_fraction must be 0 or more and below 1, got {fraction}\.$"
    with pytest.raises(InputError, match=rule):
        split(cells(50, 50), validation_fraction=fraction)


def test_the_same_seed_and_index_give_the_same_split(cells):
    assert split(cells(20, 20), 3, 7).as_json() == split(cells(20, 20), 3, 7).as_json()


def test_other_seeds_and_indices_give_other_splits(cells):
    data = cells(20, 20)
    tests = {split(data, index, seed).test.names for index, seed in itertools.product(range(10), range(5))}
    assert len(tests) == 50


def test_every_image_is_tested_as_often_as_any_other(cells):
    data = cells(20, 20)
    tested = [name for index in range(400) for name in split(data, index).test.names]
    counts = [tested.count(name) for name in data.names]
    assert sum(counts) == 400 * 8
    assert counts == pytest.approx([80] * 40, abs=40)  # five standard deviations


def test_identical_images_of_two_classes_are_refused(cells):
    data = cells(10, 10, ["same" if i in (4, 15) else f"{i}" for i in range(20)])
    with pytest.raises(InputError, match=r"\['cell-4', 'cell-15'\] are identical and have different labels"):
        split(data)


@pytest.mark.parametrize(
    ("healthy", "leukemia", "fraction", "name"),
    [(5, 50, 0.2, "healthy"), (50, 0, 0.2, "leukemia"), (50, 50, 0.99, "healthy"), (1, 1, 0.5, "healthy")],
)
def test_too_few_images_are_refused(cells, healthy, leukemia, fraction, name):
    with pytest.raises(InputError, match=rf"images of class {name} are too few .* add images\.$"):
        split(cells(healthy, leukemia), test_fraction=fraction)


def test_copies_of_an_image_count_once(cells):
    with pytest.raises(InputError, match="3 different images of class healthy are too few"):
        split(cells(30, 30, [f"{i % 3}" for i in range(30)] + [f"other-{i}" for i in range(30)]))


def test_a_split_is_refused_or_has_two_of_each_class_on_each_side(cells):
    kept = 0
    for healthy, leukemia, fraction in itertools.product(range(2, 12), range(2, 12), (0.2, 0.3, 0.5, 0.8)):
        try:
            parts = split(cells(healthy, leukemia), test_fraction=fraction)
        except InputError:
            continue
        kept += 1
        assert min(np.bincount(part.labels, minlength=2).min() for part in (parts.train, parts.test)) >= 2
    assert kept > 50


@pytest.mark.parametrize("fraction", [-0.1, 0, 1, 1.5, float("nan")])
def test_a_test_fraction_outside_0_and_1_is_refused(cells, fraction):
    with pytest.raises(InputError, match=rf"split\.test_fraction must lie between 0 and 1, got {fraction}"):
        split(cells(50, 50), test_fraction=fraction)


def test_split_json_names_every_image_with_its_hash_and_group(cells):
    data = cells(10, 10)
    parts = split(data, validation_fraction=0.25)
    json = parts.as_json()
    assert list(json) == ["train", "validation", "test"]
    for part, images in zip(json.values(), parts_of(parts), strict=True):
        assert [row["image"] for row in part] == list(images.names)
    known = dict(zip(data.names, zip(data.labels.tolist(), data.sha256, strict=True), strict=True))
    for row in itertools.chain(*json.values()):
        assert (row["label"], row["sha256"]) == known[row["image"]]
        assert row["sha256"].startswith(row["group"])


def test_places_of_a_study_have_seeds_of_their_own():
    paths = [
        (seed, index, label, *rest)
        for seed in range(5)
        for index in range(20)
        for label in (0, 1)
        for rest in ((), (1,))
    ]
    assert len({seed_of(*path) for path in paths}) == len(paths)
    assert all(0 <= seed_of(*path) < 2**32 for path in paths)


def test_a_negative_seed_is_refused(cells):
    with pytest.raises(InputError, match=r"must not be negative, got -1"):
        split(cells(20, 20), seed=-1)
