"""Laws of a split that a file gives: what was written is read back, and nothing else passes for it."""

import csv
import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from leukgan.data.groups import grouped
from leukgan.data.split import split_images
from leukgan.data.split_file import make_split, read_split

RULES = {"test_fraction": 0.25, "validation_fraction": 0.25, "train_per_class": None}
HEALTHY = {f"cell-{i}" for i in range(10)} | {"cell-12"}  # with the other image of the patient who has both


def moved(rows, image):
    """The rows with one image in another part."""
    return [(name, "test" if part == "train" else "train") if name == image else (name, part) for name, part in rows]


@pytest.fixture
def data(cells):
    """Twenty images, of which two healthy ones show the same and two others are one patient's."""
    groups = tuple("patient" if i in (5, 12) else f"own {i}" for i in range(20))
    return grouped(dataclasses.replace(cells(10, 10), groups=groups), [(0, 3)])


@pytest.fixture
def part_of(data):
    """A division that no group crosses."""
    made = split_images(data, index=0, seed=0, test_fraction=0.25, validation_fraction=0.25)
    parts = {"train": made.train, "validation": made.validation, "test": made.test}
    return {name: part for part, images in parts.items() for name in images.names}


@pytest.fixture
def write(tmp_path):
    def written(rows, name="mine.csv", head=("image", "part")):
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([head, *rows])
        return str(tmp_path / name)

    return written


@pytest.mark.parametrize("per_class", [None, 3])
@pytest.mark.parametrize("validation_fraction", [0, 0.25])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_split_json_reads_back_to_the_split_that_was_written(
    data, tmp_path, per_class, validation_fraction, encoding
):
    rules = RULES | {"validation_fraction": validation_fraction, "train_per_class": per_class}
    written = split_images(data, index=2, seed=3, **rules)
    assert (written.unused is None) == (per_class is None)
    (tmp_path / "split-02.json").write_text(json.dumps(written.as_json(), indent=2), encoding=encoding)
    read = read_split(data, f"{tmp_path}/split-{{index:02d}}.json", index=2)
    assert read.as_json() == written.as_json()
    for part in ("train", "validation", "test"):
        np.testing.assert_array_equal(getattr(read, part).images, getattr(written, part).images)


def test_what_is_unused_may_belong_to_any_part(data, part_of, write):
    """Image 3 shows image 0, and the patient has images 5 and 12: their mates are no reason to leave them out too."""
    rows = [(name, "unused" if name in ("cell-3", "cell-5") else part) for name, part in part_of.items()]
    read = read_split(data, write(rows), index=0)
    assert set(read.unused.names) == {"cell-3", "cell-5"}
    every = [*read.train.names, *read.validation.names, *read.test.names]
    assert sorted(every) == sorted(set(data.names) - {"cell-3", "cell-5"})


def test_a_csv_puts_each_image_into_its_part_in_any_order(data, part_of, write, tmp_path, monkeypatch):
    write([*part_of.items()][::-1])
    monkeypatch.setenv("HOME", str(tmp_path))
    read = read_split(data, "~/mine.csv", index=0)
    for part, images in (("train", read.train), ("validation", read.validation), ("test", read.test)):
        assert images.names == tuple(name for name in data.names if part_of[name] == part)
        np.testing.assert_array_equal(images.images, data.images[[data.names.index(n) for n in images.names]])


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_csv_reads_the_same_however_a_program_has_saved_it(cells, write, tmp_path, encoding):
    data = dataclasses.replace(cells(2, 2), names=tuple(f"zählung-{i}" for i in range(4)))
    rows = zip(data.names, ("train", "test") * 2, strict=True)
    path = Path(write(rows))
    path.write_text(path.read_text().replace(",", ";"), encoding=encoding)
    assert read_split(data, str(path), index=0).test.names == ("zählung-1", "zählung-3")


def test_a_file_goes_before_the_fractions_and_without_one_the_rules_draw(data, part_of, write, sentence_of):
    drawn = make_split(data, {**RULES, "file": None, "group_repeats": True}, index=2, seed=5)
    assert drawn.as_json() == split_images(data, index=2, seed=5, **RULES).as_json()
    rules = {**RULES, "test_fraction": 0.6, "file": write(part_of.items())}
    given = make_split(data, rules, index=0, seed=5)
    assert given.test.names == tuple(name for name in data.names if part_of[name] == "test")
    rules["train_per_class"] = 3
    assert "split.train_per_class means nothing" in sentence_of(lambda: make_split(data, rules, index=0, seed=0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [*rows, ("cell-99", "train")], "names cell-99, which is no image of the data"),
        (lambda rows: [*rows, rows[4]], "names {4} twice"),
        (lambda rows: rows[:6] + rows[8:], "lacks 2 images of the data, the first is {first_of_6_7}"),
        (
            lambda rows: [(rows[0][0], "training"), *rows[1:]],
            "has a part 'training'; parts are train, validation, test and unused",
        ),
        (lambda rows: [(rows[0][0], ""), *rows[1:]], "has a part ''"),
        (lambda rows: moved(rows, "cell-0"), "puts cell-3 into the"),
        (lambda rows: moved(rows, "cell-12"), "puts cell-12 into the"),
        (lambda rows: [(n, "train") for n, _ in rows], "has no image of class healthy in its test part"),
        (lambda rows: [(n, "test" if n in HEALTHY else p) for n, p in rows], "class healthy in its train part"),
        (lambda rows: [(n, "train" if n in HEALTHY else "test") for n, _ in rows], "class healthy in its test part"),
        (lambda rows: [(n, "train", "more") for n, _ in rows], "more values than its first line has names"),
        (lambda rows: [rows[0], (*rows[1], "more"), *rows[2:]], "neither a split.json nor a csv"),
        (lambda rows: [], "lacks 20 images of the data, the first is cell-0"),
    ],
)
def test_a_csv_that_is_no_split_of_the_images_is_refused(data, part_of, write, sentence_of, change, words):
    rows = list(part_of.items())
    first = min((rows[6][0], rows[7][0]), key=data.names.index)
    words = words.replace("{4}", rows[4][0]).replace("{first_of_6_7}", first)
    path = write(change(rows))
    message = sentence_of(lambda: read_split(data, path, index=0))
    assert message.startswith(f"the split {path} ")
    assert words in message


def test_an_image_and_its_group_in_two_parts_are_both_named_with_their_parts(data, part_of, write, sentence_of):
    for one, other in itertools.permutations(("train", "validation", "test"), 2):
        path = write([*{**part_of, "cell-0": one, "cell-3": other}.items()])
        message = sentence_of(lambda path=path: read_split(data, path, index=0))
        assert f"puts cell-3 into the {other} part and cell-0, which belongs to it, into the {one} part" in message


def test_another_image_of_the_same_name_is_refused(data, tmp_path, sentence_of):
    made = split_images(data, index=0, seed=0, test_fraction=0.25).as_json()
    made["test"][1]["sha256"] = "0" * 63 + "f"
    path = tmp_path / "split.json"
    path.write_text(json.dumps(made))
    message = sentence_of(lambda: read_split(data, str(path), index=0))
    assert f"was made for another {made['test'][1]['image']}: its sha256 differs" in message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"{", "is neither a split.json nor a csv"),
        ("a.json", b"[1, 2]", "is neither a split.json nor a csv"),
        ("a.json", b'{"train": 3}', "is neither a split.json nor a csv"),
        ("a.json", b'{"train": ["cell-0"]}', "is neither a split.json nor a csv"),
        ("a.json", b'{"train": [{"label": 1}]}', "which is no image of the data"),
        ("a.json", b'{"all": [{"image": "cell-0"}]}', "has a part 'all'"),
        ("a.json", b"{}", "lacks 20 images"),
        ("a.csv", b"", "is neither a split.json nor a csv"),
        ("a.csv", b"image,set\ncell-0,train\n", "'part'"),
        ("a.csv", b"file,part\ncell-0,train\n", "'image'"),
        ("a.csv", b"image,part\ncell-0,train\ncell-1,train,test\n", "is neither a split.json nor a csv"),
        ("a.csv", b"\xff\xfe\x00", "is neither a split.json nor a csv"),
        ("a.json", b"[" * 100_000, "is neither a split.json nor a csv"),
        ("a.json", b"\xff", "is neither a split.json nor a csv"),
    ],
)
def test_what_is_no_split_file_is_refused(data, tmp_path, sentence_of, name, content, words):
    (tmp_path / name).write_bytes(content)
    assert words in sentence_of(lambda: read_split(data, str(tmp_path / name), index=0))


@pytest.mark.parametrize(
    "braces", ["{number}", "{}", "{0}", "{index:zz}", "{index.name}", "{index[0]}", "{", "{index:999999999}"]
)
def test_other_braces_than_the_index_s_are_refused(data, sentence_of, braces):
    message = sentence_of(lambda: read_split(data, f"my/{braces}.json", index=0))
    assert "has braces that are not {index} or {index:02d}" in message


def test_a_missing_file_is_named_and_one_file_is_one_split(data, tmp_path, sentence_of):
    for path in (tmp_path / "absent.csv", tmp_path):
        assert f"the split {path} can't be read" in sentence_of(lambda path=path: read_split(data, str(path), index=0))
    message = sentence_of(lambda: read_split(data, "my.csv", index=1))
    assert message.startswith("split.file=my.csv is one split, and split 1 is asked for; write {index} into its")


def test_identical_sources_belong_together_also_where_groups_were_not_looked_for(cells, sentence_of, write):
    data = cells(4, 4, ["a", "b", "b", "c", "d", "e", "f", "g"])
    rows = [(name, "test" if i in (2, 3, 6, 7) else "train") for i, name in enumerate(data.names)]
    path = write(rows)
    assert "puts cell-2 into the test part and cell-1" in sentence_of(lambda: read_split(data, path, index=0))
