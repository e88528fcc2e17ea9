"""An external test set shows nothing that the data shows."""

from dataclasses import replace

import numpy as np
import pytest

from leukgan.data.augmentation import rotate_flip
from leukgan.data.external import check_apart, external_entries
from leukgan.data.groups import grouped
from leukgan.data.sources.smears import render_smears
from leukgan.errors import InputError


@pytest.fixture(scope="module")
def cells():
    return render_smears(image_size=32, count=16, seed=0)


@pytest.fixture(scope="module")
def others():
    return render_smears(image_size=32, count=12, seed=1)


def with_image(cells, image, sha256="0" * 64):
    """The cells with another image in the last one's place."""
    changed = cells.part(range(len(cells)))
    changed.images[-1] = image
    return replace(changed, sha256=(*changed.sha256[:-1], sha256))


def test_other_cells_are_apart(cells, others):
    check_apart(others, cells, repeats=True)


@pytest.mark.parametrize("orientation", range(8))
def test_an_image_of_the_data_is_found_however_it_is_turned(cells, others, orientation):
    external = with_image(others, rotate_flip(cells.images[3], orientation))
    with pytest.raises(
        InputError, match=f"1 of its 12 images .* such as {others.names[-1]} and {cells.names[3]} there"
    ):
        check_apart(external, cells, repeats=True)


def test_the_same_file_is_refused_whatever_group_repeats_says(cells, others):
    external = with_image(others, np.zeros_like(cells.images[0]), cells.sha256[5])
    with pytest.raises(InputError, match=f"{others.names[-1]} and {cells.names[5]} there"):
        check_apart(external, cells, repeats=False)
    check_apart(with_image(others, cells.images[3]), cells, repeats=False)


def test_repeats_within_the_data_or_within_the_set_are_no_matter(cells, others):
    check_apart(with_image(others, others.images[0], "1" * 64), with_image(cells, cells.images[0]), repeats=True)


def test_entries_change_with_the_pixels(others):
    others = grouped(others)
    entries = external_entries({"b": others})["b"]
    assert [entry["image"] for entry in entries["images"]] == list(others.names)
    assert entries["fingerprint"] != external_entries({"b": with_image(others, others.images[0])})["b"]["fingerprint"]
