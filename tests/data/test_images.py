"""Laws of labelled images at rest: parts, classes, fingerprint, PNG."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from leukgan.data.images import check_classes, check_image_size, png_bytes
from leukgan.errors import InputError


def test_a_part_keeps_what_belongs_together(cells):
    data = cells(3, 4)
    part = data.part([5, 0])
    np.testing.assert_array_equal(part.images, data.images[[5, 0]])
    assert part.labels.tolist() == [1, 0]
    assert part.names == ("cell-5", "cell-0")
    assert part.sha256 == (data.sha256[5], data.sha256[0])
    assert part.classes == data.classes


def test_an_empty_part_has_the_shape_of_its_images(cells):
    part = cells(3, 4).part([])
    assert len(part) == 0
    assert part.images.shape == (0, 3, 4, 4)


def test_the_two_classes_make_the_whole(cells):
    data = cells(3, 4)
    negative, positive = data.of_class(0), data.of_class(1)
    assert negative.names + positive.names == data.names
    assert set(negative.labels.tolist()) == {0}
    assert set(positive.labels.tolist()) == {1}


def test_a_fingerprint_is_that_of_the_content(cells):
    data = cells(3, 4)
    assert cells(3, 4).fingerprint() == data.fingerprint()
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


def test_a_fingerprint_does_not_depend_on_the_memory_layout(cells):
    data = cells(3, 4)
    turned = np.ascontiguousarray(data.images.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    assert dataclasses.replace(data, images=turned).fingerprint() == data.fingerprint()


@pytest.mark.parametrize("image_size", [32, 64, 128, 256])
def test_sizes_with_networks_pass(image_size):
    assert check_image_size(image_size) == image_size


@pytest.mark.parametrize("image_size", [-32, 0, 31, 48, 512])
def test_sizes_without_networks_are_refused(image_size):
    with pytest.raises(InputError, match=rf"^data\.image_size .* got {image_size}; use 64 or 128\.$"):
        check_image_size(image_size)


def test_class_names_are_two_folder_names():
    assert check_classes(["not-blast", "blast_2"]) == ("not-blast", "blast_2")
    with pytest.raises(InputError, match=r"data\.classes .* got \('\.\.', 'b'\)"):
        check_classes(["..", "b"])


def test_a_text_is_not_a_list_of_class_names():
    with pytest.raises(InputError, match=r"data\.classes"):
        check_classes("ab")


def test_a_png_holds_every_pixel(cells):
    pixels = cells(1, 1).images[1]
    read = np.asarray(Image.open(io.BytesIO(png_bytes(pixels))))
    np.testing.assert_array_equal(read.transpose(2, 0, 1), pixels)
