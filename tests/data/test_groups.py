"""Laws of what belongs together: whatever is connected in any way, and a group's name is that of its first image."""

import dataclasses
import itertools

import numpy as np
import pytest

from leukgan.data.groups import blocks, components, grouped, neighbours
from leukgan.errors import InputError


def sets_of(groups):
    """The indices of each group, as a set of frozen sets."""
    return {frozenset(np.flatnonzero(np.array(groups) == group).tolist()) for group in groups}


def with_groups(images, *groups):
    return dataclasses.replace(images, groups=groups)


def test_images_without_anything_in_common_are_groups_of_their_own(cells):
    data = cells(3, 4)
    assert grouped(data).groups == data.names


def test_nothing_but_the_groups_is_changed(cells):
    data = cells(3, 4)
    made = grouped(data, [(0, 1)])
    assert made.fingerprint() == data.fingerprint()
    assert dataclasses.replace(made, groups=()) == data


@pytest.mark.parametrize(
    "reason",
    [
        lambda data: grouped(dataclasses.replace(data, sha256=("a", "b", "c", "d", "b", "f"))),
        lambda data: grouped(with_groups(data, "p", "q", "r", "s", "q", "t")),
        lambda data: grouped(data, [(4, 1)]),
        lambda data: grouped(dataclasses.replace(data, names=("a1", "a13", "a2", "a3", "a15", "a7")), block=5),
    ],
    ids=["source", "own group", "repeat", "block"],
)
def test_each_reason_alone_puts_two_images_together(cells, reason):
    made = reason(cells(6, 0))
    others = {frozenset({1, 4})} | (
        {frozenset({0, 2, 3})} if made.names[0] == "a1" else {frozenset({i}) for i in (0, 2, 3)}
    )
    assert sets_of(made.groups) == others | {frozenset({5})}


def test_reasons_connect_one_after_the_other(cells):
    """0 and 1 by source, 1 and 2 by patient, 2 and 3 as repeats, 3 and 4 by block; 5 and 6 apart."""
    data = dataclasses.replace(
        cells(7, 0, ["x", "x", "c", "d", "e", "f", "g"]),
        groups=("p", "q", "q", "r", "s", "t", "u"),
        names=("n1", "n11", "n21", "n31", "n32", "n41", "n51"),
    )
    made = grouped(data, [(3, 2)], block=10)
    assert made.groups == ("n1",) * 5 + ("n41", "n51")


def test_a_group_is_named_after_its_first_image(cells):
    made = grouped(cells(5, 0), [(4, 2), (3, 1)])
    assert made.groups == ("cell-0", "cell-1", "cell-2", "cell-1", "cell-2")


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
        np.testing.assert_array_equal(np.equal.outer(made.groups, made.groups), together)
        assert made.groups == tuple(data.names[int(np.flatnonzero(row)[0])] for row in together)


def test_grouping_twice_is_grouping_once(cells):
    data = dataclasses.replace(cells(4, 4, list("aabcdefg")), groups=tuple("ppqqrstu"))
    once = grouped(data, [(1, 2), (5, 7)], block=None)
    assert grouped(once).groups == once.groups
    assert grouped(once, [(1, 2), (5, 7)]).groups == once.groups


def test_an_order_of_the_images_changes_names_and_not_groups(cells):
    data = dataclasses.replace(cells(8, 0, list("aabcdefg")), groups=tuple("ppqqrstu"))
    order = np.random.default_rng(0).permutation(8)
    made, turned = grouped(data), grouped(data.part(order))
    assert sets_of(made.groups) == {frozenset(order[list(group)].tolist()) for group in sets_of(turned.groups)}


def test_images_that_show_the_same_with_different_labels_are_refused(cells):
    with pytest.raises(
        InputError, match=r"^the images cell-1 and cell-4 show the same and have different labels; .*\.$"
    ):
        grouped(cells(3, 3, list("abcdbf")))
    with pytest.raises(
        InputError, match=r"^the images cell-5 and cell-2 show the same and have different labels; .*\.$"
    ):
        grouped(cells(3, 3), [(0, 1), (5, 2)])


def test_a_patient_or_a_block_may_have_both_classes(cells):
    data = with_groups(cells(2, 2), "p", "q", "p", "q")
    assert grouped(data).groups == ("cell-0", "cell-1", "cell-0", "cell-1")
    assert grouped(cells(2, 2), block=10).groups == ("cell-0", "cell-1", "cell-1", "cell-1")


def test_blocks_count_the_first_number_of_a_name_from_one_within_its_folder():
    names = ["Im001_0.tif", "Im010_1.tif", "Im011_0.tif", "a/Im001_0.tif", "b7/x20y3.png", "b7/x21.png", "7/x11.png"]
    assert blocks(names, 10) == [(".", 0), (".", 0), (".", 1), ("a", 0), ("b7", 1), ("b7", 2), ("7", 1)]
    assert blocks(names[:3], 1) == [(".", 0), (".", 9), (".", 10)]


def test_blocks_need_a_number_in_every_name_itself():
    rule = r"^split\.group_blocks=5 needs a number in every name, 12/cell\.jp2 has none; .*\.$"
    with pytest.raises(InputError, match=rule):
        blocks(["12/cell-1.jp2", "12/cell.jp2"], 5)


def test_neighbours_connect_equal_keys_with_as_few_pairs_as_can_be():
    assert neighbours(["a", "b", "a", "c", "a"]) == [(0, 2), (2, 4)]
    assert neighbours([]) == []


def test_without_pairs_all_are_apart():
    assert components(4, []).tolist() == [0, 1, 2, 3]
    assert components(0, []).tolist() == []
