"""Laws of labelled images at rest: parts, classes, fingerprint, PNG."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from leukgan.data.images import check_classes, check_image_size, join, png_bytes
from leukgan.errors import InputError


def test_joined_images_have_what_is_known_of_all_of_them(cells):
    """Those of a folder have groups and kinds, which generated ones lack."""
    drawn = cells(1, 1)
    data = dataclasses.replace(cells(1, 1), groups=("a", "a"), kinds=("x", "y"), parts=("train", "test"))
    both, mixed = join([data, data]), join([data, drawn])
    assert (both.groups, both.kinds, both.parts) == (data.groups * 2, data.kinds * 2, data.parts * 2)
    assert (mixed.groups, mixed.kinds, mixed.parts) == ((*data.groups, *drawn.names), (), ())
    assert mixed.part([3]).groups == drawn.names[1:]
    assert join([drawn, drawn]).groups == ()


def test_a_fingerprint_is_that_of_the_content(cells):
    data = cells(3, 4)
    turned = np.ascontiguousarray(data.images.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    assert cells(3, 4).fingerprint() == data.fingerprint()
    assert dataclasses.replace(data, images=turned).fingerprint() == data.fingerprint()  # whatever the memory's layout
    brighter, relabelled = data.images.copy(), data.labels.copy()
    brighter[6, 2, 3, 3] ^= 1
    relabelled[0] = 1
    others = [
        data.part([1, 0, 2, 3, 4, 5, 6]),
        data.part(range(6)),
        dataclasses.replace(data, images=brighter),
        dataclasses.replace(data, labels=relabelled),
        dataclasses.replace(data, sha256=("f" * 64, *data.sha256[1:])),
        dataclasses.replace(data, names=("other", *data.names[1:])),
    ]
    assert len({data.fingerprint(), *(other.fingerprint() for other in others)}) == 7


def test_sizes_with_networks_pass_and_others_are_refused():
    assert [check_image_size(size) for size in (32, 64, 128, 256)] == [32, 64, 128, 256]
    for size in (-32, 0, 16, 31, 100, 512):
        with pytest.raises(InputError, match=rf"^data\.image_size .* got {size}; use 64 or 128\.$"):
            check_image_size(size)


@pytest.mark.parametrize(
    "classes",
    [
        *(("one",), ("a", "b", "c"), ("same", "same"), ("a/b", "c"), ("..", "b"), ("", "c"), ("_", "c"), "ab"),
        *(("conditional", "b"), ("Cell", "cell"), ("a" * 61, "b"), ("blast (ALL)", "b"), ("../a", "b"), ("a b", "c")),
    ],
)
def test_classes_that_cannot_be_two_folders_are_refused(classes, sentence_of):
    assert check_classes(["not-blast", "blast_2"]) == ("not-blast", "blast_2")
    shown = (classes,) if classes == "ab" else classes
    assert str(shown) in sentence_of(lambda: check_classes(classes))


def test_a_png_holds_every_pixel(cells):
    pixels = cells(1, 1).images[1]
    read = np.asarray(Image.open(io.BytesIO(png_bytes(pixels))))
    np.testing.assert_array_equal(read.transpose(2, 0, 1), pixels)
