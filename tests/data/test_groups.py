"""Laws of what belongs together: whatever is connected in any way, and a group's name is that of its first image."""

import dataclasses
import itertools

import numpy as np
import pytest

from leukgan.data.groups import blocks, grouped
from leukgan.errors import InputError


def sets_of(groups):
    """The indices of each group, as a set of frozen sets."""
    return {frozenset(np.flatnonzero(np.array(groups) == group).tolist()) for group in groups}


def test_images_without_anything_in_common_are_groups_of_their_own(cells):
    assert grouped(cells(3, 4)).groups == cells(3, 4).names
    assert grouped(cells(0, 0)).groups == ()


def test_nothing_but_the_groups_is_changed(cells):
    data = cells(3, 4)
    made = grouped(data, [(0, 1)])
    assert made.fingerprint() == data.fingerprint()
    assert dataclasses.replace(made, groups=()) == data


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"sha256": ("a", "b", "c", "d", "b", "f")}, {}),
        ({"groups": ("p", "q", "r", "s", "q", "t")}, {}),
        ({}, {"repeats": [(4, 1)]}),
        ({"names": ("a1", "a13", "a21", "a31", "a15", "a47")}, {"block": 5}),
    ],
    ids=["source", "own group", "repeat", "block"],
)
def test_each_reason_alone_puts_two_images_together(cells, changes, reasons):
    made = grouped(dataclasses.replace(cells(6, 0), **changes), **reasons)
    assert sets_of(made.groups) == {frozenset({1, 4}), *(frozenset({i}) for i in (0, 2, 3, 5))}


def test_groups_are_the_connected_parts_of_any_graph(cells):
    """Against a search by hand, on random reasons of every kind."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        keys = [[f"{kind}{value}" for value in rng.integers(0, 25, 20)] for kind in ("source", "patient")]
        repeats = [tuple(pair) for pair in rng.integers(0, 20, (4, 2)).tolist()]
        data = dataclasses.replace(cells(20, 0, keys[0]), groups=tuple(keys[1]))
        together = np.eye(20, dtype=bool)
        for one, other in itertools.combinations(range(20), 2):
            same = any(key[one] == key[other] for key in keys) or {(one, other), (other, one)} & set(repeats)
            together[one, other] = together[other, one] = bool(same)
        for _ in range(5):  # paths of up to 32 steps
            together = together @ together

        made = grouped(data, repeats)
        assert made.groups == tuple(data.names[int(np.flatnonzero(row)[0])] for row in together)
        assert grouped(made).groups == made.groups  # grouping twice is grouping once


def test_images_that_show_the_same_with_different_labels_are_refused(cells, sentence_of):
    same = "show the same and have different labels; remove the wrong one"
    message = sentence_of(lambda: grouped(cells(3, 3, list("abcdbf"))))
    assert message == f"the images cell-1 and cell-4 {same}."
    message = sentence_of(lambda: grouped(cells(3, 3), [(0, 1), (5, 2)]))
    assert message.startswith(f"the images cell-5 and cell-2 {same}, or set split.group_repeats=false if they are ")


def test_a_patient_or_a_block_may_have_both_classes(cells):
    data = dataclasses.replace(cells(2, 2), groups=("p", "q", "p", "q"))
    assert grouped(data).groups == ("cell-0", "cell-1", "cell-0", "cell-1")
    assert grouped(cells(2, 2), block=10).groups == ("cell-0", "cell-1", "cell-1", "cell-1")


def test_blocks_count_the_first_number_of_a_name_from_one_within_its_folder():
    names = ["Im001_0.tif", "Im010_1.tif", "Im011_0.tif", "a/Im001_0.tif", "b7/x20y3.png", "b7/x21.png", "7/x11.png"]
    assert blocks(names, 10) == [(".", 0), (".", 0), (".", 1), ("a", 0), ("b7", 1), ("b7", 2), ("7", 1)]
    assert blocks(names[:3], 1) == [(".", 0), (".", 9), (".", 10)]
    rule = r"^split\.group_blocks=5 needs a number in every name, 12/cell\.jp2 has none; .*\.$"
    with pytest.raises(InputError, match=rule):
        blocks(["12/cell-1.jp2", "12/cell.jp2"], 5)
