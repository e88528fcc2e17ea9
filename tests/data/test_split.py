"""Laws of a split: every image once, classes in proportion, no group in two parts, a function of seed and index."""

import dataclasses
import itertools

import numpy as np
import pytest
from sklearn.model_selection import StratifiedShuffleSplit

from leukgan.data.groups import grouped
from leukgan.data.split import derive_seed, split_images
from leukgan.errors import InputError


def split(images, index=0, seed=0, test_fraction=0.2, **more):
    return split_images(images, index=index, seed=seed, test_fraction=test_fraction, **more)


def parts_of(made):
    return made.train, made.validation, made.test


@pytest.mark.parametrize("validation_fraction", [0.0, 0.1, 0.5])
def test_every_image_is_used_once(cells, validation_fraction):
    data = cells(23, 40)
    made = [parts_of(split(data, index, validation_fraction=validation_fraction)) for index in range(5)]
    for parts in made:
        assert sorted(name for part in parts for name in part.names) == sorted(data.names)
    for part in itertools.chain(*made):  # with its own label, pixels and hash
        places = [data.names.index(name) for name in part.names]
        np.testing.assert_array_equal(part.images, data.images[places])
        np.testing.assert_array_equal(part.labels, data.labels[places])
        assert part.sha256 == tuple(data.sha256[place] for place in places)


def test_each_class_keeps_its_share_and_the_study_s_split_has_208_and_52_images(cells):
    for index in range(5):
        study, other = split(cells(130, 130), index), split(cells(30, 90), index, test_fraction=0.25)
        assert [np.bincount(part.labels).tolist() for part in (study.train, study.test)] == [[104, 104], [26, 26]]
        assert np.bincount(other.test.labels).tolist() == pytest.approx([7.5, 22.5], abs=0.5)


def anything_together(cells, rng):
    """Images with repeats, patients of both classes and blocks, and all pairs (2, P) that must stay together."""
    count = int(rng.integers(120, 200))
    sources = [f"{i - (i % 9 == 1)}" for i in range(count)]  # some are the file before them
    names = tuple(f"cell-{i}" for i in rng.choice(3 * count, count, replace=False) + 1)
    block = int(rng.integers(1, 4))
    patients = [f"patient {i if rng.random() < 0.7 else i % 11}" for i in range(count)]
    labels = np.where(rng.random(count) < 0.6, np.arange(count) // 9 % 2, rng.integers(0, 2, count))
    labels[1::9] = labels[: len(labels[1::9]) * 9 : 9]  # a file has one label
    data = dataclasses.replace(cells(count, 0, sources), labels=labels, names=names, groups=tuple(patients))
    drawn = [tuple(pair) for pair in rng.integers(0, count, (count // 20, 2)).tolist()]
    repeats = [(one, other) for one, other in drawn if labels[one] == labels[other]]
    numbers = [(int(name.partition("-")[2]) - 1) // block for name in names]
    keys = (sources, patients, numbers)
    together = np.any([np.equal.outer(np.array(key), np.array(key)) for key in keys], axis=0)
    together[tuple(np.array(repeats, dtype=int).reshape(-1, 2).T)] = True
    return grouped(data, repeats, block), np.argwhere(together).T


def test_no_group_crosses_any_of_300_random_splits(cells):
    """The pairs are those of the reasons themselves, not those that the split was told."""
    rng = np.random.default_rng(0)
    made = refused = 0
    while made < 300:
        data, (first, second) = anything_together(cells, rng)
        for index in range(10):
            rules = {
                "test_fraction": float(rng.uniform(0.1, 0.6)),
                "validation_fraction": float(rng.choice([0, rng.uniform(0, 0.5)])),
                "train_per_class": [None, 5][int(rng.integers(2))],
            }
            try:
                parts = parts_of(split(data, index, int(rng.integers(1000)), **rules))
            except InputError:
                refused += 1
                continue
            part_of = {name: number for number, part in enumerate(parts) for name in part.names}
            assert len(part_of) == sum(map(len, parts))
            numbers = np.array([part_of.get(name, -1) for name in data.names])
            assert rules["train_per_class"] or numbers.min() == 0
            crosses = numbers[first] != numbers[second]
            assert not (crosses & (numbers[first] >= 0) & (numbers[second] >= 0)).any()
            made += 1
    assert refused < 60


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


def test_a_seed_and_an_index_have_a_split_of_their_own(cells):
    data = cells(20, 20)
    places = [*itertools.product(range(10), range(5))]
    tests = [[split(data, index, seed).test.names for index, seed in places] for _ in range(2)]
    assert tests[0] == tests[1]
    assert len(set(tests[0])) == 50
    paths = [(*place, label, *rest) for place in places for label in (0, 1) for rest in ((), (1,))]
    assert len({derive_seed(*path) for path in paths}) == len(paths)
    assert all(0 <= derive_seed(*path) < 2**32 for path in paths)


@pytest.mark.parametrize(
    ("part", "rules", "expected", "error"),  # five standard deviations
    [
        ("test", {}, 80, 40),
        ("validation", {"validation_fraction": 0.25}, 80, 40),
        ("train", {"train_per_class": 8}, 160, 50),
    ],
)
def test_every_image_is_in_a_part_as_often_as_any_other(cells, part, rules, expected, error):
    data = cells(20, 20)
    chosen = [name for index in range(400) for name in getattr(split(data, index, **rules), part).names]
    counts = [chosen.count(name) for name in data.names]
    assert sum(counts) == 40 * expected
    assert counts == pytest.approx([expected] * 40, abs=error)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        *(
            (
                {"validation_fraction": value},
                rf"^split\.validation_fraction must be 0 or more and below 1, got {value}\.$",
            )
            for value in (-0.1, 1, float("nan"))
        ),
        *(
            ({"test_fraction": value}, rf"^split\.test_fraction must lie between 0 and 1, got {value}; ")
            for value in (-0.1, 0, 1, float("nan"))
        ),
        ({"seed": -1}, r"must not be negative, got -1; use 0 or more\.$"),
        ({"train_per_class": 1}, r"split\.train_per_class=1: .*; raise split\.train_per_class or add images\.$"),
        (
            {"train_per_class": 41},
            r"^split\.train_per_class asks for 41 training images of class healthy .* there are 40; .*\.$",
        ),
    ],
)
def test_rules_out_of_range_are_refused(cells, rules, words):
    assert np.bincount(split(cells(50, 60), train_per_class=40).train.labels).tolist() == [40, 40]
    with pytest.raises(InputError, match=words):
        split(cells(50, 60), **rules)


@pytest.mark.parametrize(
    ("healthy", "leukemia", "fractions", "name", "advice"),
    [
        (3, 50, (0.2, 0), "healthy", "add images"),
        (5, 50, (0.2, 0), "healthy", "raise split.test_fraction or add images"),
        (4, 50, (0.5, 0.1), "healthy", "add images"),
        (50, 0, (0.2, 0), "leukemia", "add images"),
        (1, 1, (0.5, 0), "healthy", "add images"),
        (50, 50, (0.01, 0), "healthy", "raise split.test_fraction or add images"),
        (50, 50, (0.99, 0), "healthy", "lower split.test_fraction or add images"),
        (20, 50, (0.95, 0), "healthy", "lower split.test_fraction or add images"),
        (50, 50, (0.2, 0.99), "healthy", "lower split.test_fraction or split.validation_fraction or add images"),
    ],
)
def test_too_few_images_are_refused_with_what_would_help(cells, healthy, leukemia, fractions, name, advice):
    rule = rf"images of class {name} are too few .* 2 images of each class; {advice}\.$"
    with pytest.raises(InputError, match=rule):
        split(cells(healthy, leukemia), test_fraction=fractions[0], validation_fraction=fractions[1])


def test_the_sentence_about_too_few_tells_all_settings(cells):
    expected = (
        "5 different images of class healthy are too few for a split with split.test_fraction=0.2 and "
        "split.validation_fraction=0.1: training and test part need at least 2 images of each class; "
        "raise split.test_fraction or add images."
    )
    with pytest.raises(InputError) as caught:
        split(cells(5, 50), validation_fraction=0.1)
    assert str(caught.value) == expected


def test_identical_images_count_once_and_have_one_class(cells):
    with pytest.raises(InputError, match="3 groups of together 30 images of class healthy are too few"):
        split(cells(30, 30, [f"{i % 3}" for i in range(30)] + [f"other-{i}" for i in range(30)]))
    with pytest.raises(InputError, match="cell-4 and cell-15 show the same and have different labels"):
        split(cells(10, 10, ["same" if i in (4, 15) else f"{i}" for i in range(20)]))


def of_patients(cells, healthy, leukemia, per_patient=10):
    """Patients of one class each, with ten images each."""
    data = cells(healthy * per_patient, leukemia * per_patient)
    return dataclasses.replace(data, groups=tuple(f"patient {i // per_patient}" for i in range(len(data))))


@pytest.mark.parametrize(
    ("patients", "fraction", "advice"),
    [
        (3, 0.2, "add groups, such as patients"),
        (3, 0.5, "add groups, such as patients"),
        (5, 0.2, "raise split.test_fraction or add groups, such as patients"),
        (5, 0.8, "lower split.test_fraction or add groups, such as patients"),
    ],
)
def test_too_few_patients_are_refused_and_more_images_of_them_are_no_advice(cells, patients, fraction, advice):
    rule = rf"^{patients} groups of together {10 * patients} images .* at least 2 groups of each class; {advice}; "
    rule += r"data\.group_columns and split\.group_blocks make them\.$"
    with pytest.raises(InputError, match=rule):
        split(of_patients(cells, patients, patients), test_fraction=fraction)


@pytest.mark.parametrize("validation_fraction", [0.0, 0.25])
def test_pure_groups_are_drawn_in_proportion_as_images_are(cells, validation_fraction):
    """As scikit-learn draws the groups themselves, in the order of their first images."""
    for index in range(20):
        parts = split(of_patients(cells, 12, 24), index, validation_fraction=validation_fraction, test_fraction=0.25)
        assert np.bincount(parts.test.labels).tolist() == [30, 60]
        strata = np.repeat([0, 1], [12, 24])
        splitter = StratifiedShuffleSplit(1, test_size=0.25, random_state=derive_seed(0, index))
        ((train, test),) = splitter.split(strata, strata)
        assert set(parts.test.groups) == {f"cell-{10 * group}" for group in test}
        counts = [2, 4] if validation_fraction else [0, 0]  # a quarter of 9 and of 18
        held_out = [group for label in (0, 1) for group in train[strata[train] == label][: counts[label]]]
        assert set(parts.validation.groups) == {f"cell-{10 * group}" for group in held_out}


def test_patients_of_both_classes_are_split_and_no_one_of_them_crosses(cells):
    data = dataclasses.replace(cells(60, 60), groups=tuple(f"patient {i % 15}" for i in range(120)))
    tested = []
    for index in range(40):
        parts = split(data, index, validation_fraction=0.1)
        assert sum(map(len, parts_of(parts))) == 120
        for one, other in itertools.combinations(parts_of(parts), 2):
            assert set(one.groups).isdisjoint(other.groups)
        assert np.bincount(parts.test.labels).tolist() == [12, 12]  # three of fifteen, each with four and four
        tested += parts.test.groups[::8]
    assert set(tested) == {f"cell-{i}" for i in range(15)}


def test_one_patient_with_more_of_a_class_than_of_the_other_is_no_obstacle(cells):
    """Ten patients have both classes, one alone has mostly leukemia."""
    data = cells(60, 30)
    groups = [f"patient {i % 10}" for i in range(80)] + ["patient 10"] * 10
    made = [split(dataclasses.replace(data, groups=tuple(groups)), index, test_fraction=0.3) for index in range(20)]
    assert {len(set(parts.test.groups)) for parts in made} == {4}
    assert 0 < sum("cell-80" in parts.test.groups for parts in made) < 20


@pytest.mark.parametrize("validation_fraction", [0.0, 0.2])
def test_fewer_training_images_are_exact_in_number_and_within_the_whole_training_part(cells, validation_fraction):
    data = of_patients(cells, 10, 20)
    for index in range(10):
        whole = split(data, index, validation_fraction=validation_fraction)
        larger = set(whole.train.names)
        for count in (60, 33, 8, 3):
            parts = split(data, index, validation_fraction=validation_fraction, train_per_class=count)
            assert np.bincount(parts.train.labels).tolist() == [count, count]
            assert set(parts.train.names) < larger
            assert parts.test.names == whole.test.names
            assert parts.validation.names == whole.validation.names
            larger = set(parts.train.names)


def test_fewer_training_images_come_from_all_groups(cells):
    data = of_patients(cells, 6, 6, per_patient=30)
    parts = [split(data, index, test_fraction=1 / 3, train_per_class=10).train for index in range(50)]
    groups = [len(set(part.groups)) for part in parts]
    assert np.mean(groups) == pytest.approx(2 * 4 * (1 - (3 / 4) ** 10), abs=0.3)


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
        assert row["group"] == row["image"]


@pytest.fixture
def parted(cells):
    """120 images with parts of their own: 60 to train on, 20 for validation, 40 to test on, half of each class."""
    data = cells(60, 60)
    return dataclasses.replace(data, parts=(("train",) * 30 + ("validation",) * 10 + ("test",) * 20) * 2)


def named(data, part):
    return {name for name, own in zip(data.names, data.parts, strict=True) if own == part}


def test_images_with_parts_of_their_own_keep_them(parted):
    parts = split(parted, validation_fraction=0.1)
    for part, made in zip(("train", "validation", "test"), parts_of(parts), strict=True):
        assert set(made.names) == named(parted, part)
    without = split(parted)
    assert without.validation.names == ()
    assert set(without.train.names) == named(parted, "train")


def test_splits_of_own_parts_test_on_the_same_and_train_on_others(parted):
    made = [split(parted, index, validation_fraction=0.2, train_per_class=10) for index in range(3)]
    for parts in made:
        assert set(parts.test.names) == named(parted, "test")
        assert np.bincount(parts.train.labels).tolist() == [10, 10]
        assert np.bincount(parts.validation.labels).tolist() == [2, 2]
        assert set(parts.validation.names) < named(parted, "validation")
    assert set().union(*(parts.train.names for parts in made)) == named(parted, "train")  # each once, as all are 60
    held_out = [name for parts in made for name in parts.validation.names]
    assert len(set(held_out)) == len(held_out)
    assert len({split(parted, 0, seed, train_per_class=10).train.names for seed in range(20)}) == 20


def test_own_parts_are_used_up_and_no_further(parted):
    rule = r"^split\.train_per_class asks for 40 training images of class healthy up to this split, and there are 30; "
    with pytest.raises(InputError, match=rule):
        split(parted, 3, train_per_class=10)
    rule = r"^split\.train_per_class asks for 12 validation images of class healthy up to this split, .* there are 10; "
    with pytest.raises(InputError, match=rule):
        split(parted, 1, train_per_class=12, validation_fraction=0.5)
    with pytest.raises(InputError, match=r"^split 1 would have the training images of split 0, .*train_per_class="):
        split(parted, 1)
    few = parted.part([i for i in range(120) if not 41 <= i < 60])  # one healthy test image
    rule = r"healthy are too few for a split with the data's own parts: .*; add images\.$"
    with pytest.raises(InputError, match=rule):
        split(few)


def test_a_twin_in_a_later_part_puts_an_image_out(parted):
    """0 and 1 are training images, 30 a validation and 40 a test image, all healthy; 60 and 61 train, 90 validation."""
    data = grouped(parted, [(0, 40), (1, 30), (30, 41), (60, 90), (2, 3)])
    parts = split(data, validation_fraction=0.1)
    assert set(parts.test.names) == named(parted, "test")
    assert set(parts.train.names) == named(parted, "train") - {"cell-0", "cell-1", "cell-60"}
    assert set(parts.validation.names) == named(parted, "validation") - {"cell-30"}
    for one, other in itertools.combinations(parts_of(parts), 2):
        assert set(one.groups).isdisjoint(other.groups)


def test_no_group_crosses_splits_of_own_parts(cells):
    rng = np.random.default_rng(0)
    for _ in range(30):
        data = cells(60, 60)
        own = tuple(rng.choice(["train", "validation", "test"], 120, p=[0.5, 0.25, 0.25]).tolist())
        pairs = [(a, b) for a, b in rng.integers(0, 120, (10, 2)).tolist() if (a < 60) == (b < 60)]
        data = grouped(dataclasses.replace(data, parts=own), pairs)
        for index in range(2):
            parts = split(data, index, train_per_class=5, validation_fraction=0.2)
            part_of = {name: number for number, part in enumerate(parts_of(parts)) for name in part.names}
            assert len(part_of) == sum(map(len, parts_of(parts)))
            for one, other in pairs:
                places = {part_of.get(data.names[place]) for place in (one, other)} - {None}
                assert len(places) <= 1
