"""Laws of the augmentations: their counts, the image itself first, and groups where no pixel is interpolated."""

import numpy as np
import pytest

from leukgan.data.augmentation import AUGMENTATIONS, check_augmentation, copies, dihedral_views, rotations
from leukgan.errors import InputError

COUNTS = {"none": 1, "flips": 4, "quarter_turns": 8, "rotations": 8, "orbit": 16}


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), dtype=np.uint8)


def test_the_names_are_known():
    assert set(AUGMENTATIONS) == set(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_each_gives_its_count_of_different_images_with_the_image_itself_first(images, name):
    made = copies(name, images)
    assert made.dtype == np.uint8
    assert made.shape == (COUNTS[name], *images.shape)
    np.testing.assert_array_equal(made[0], images)
    for position in range(len(images)):
        assert len({copy.tobytes() for copy in made[:, position]}) == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_an_image_s_copies_do_not_depend_on_the_others(images, name):
    np.testing.assert_array_equal(copies(name, images)[:, 1:2], copies(name, images[1:2]))


@pytest.mark.parametrize("name", COUNTS)
def test_no_image_gives_no_copy(images, name):
    assert copies(name, images[:0]).shape == (COUNTS[name], 0, 3, 32, 32)


@pytest.mark.parametrize("name", ["none", "flips", "quarter_turns"])
def test_exact_copies_of_a_copy_are_the_same_copies(images, name):
    """A group: whatever is done twice is done by one of them."""
    made = {copy.tobytes() for copy in copies(name, images)}
    for copy in copies(name, images):
        assert {again.tobytes() for again in copies(name, copy)} == made


@pytest.mark.parametrize("name", ["none", "flips", "quarter_turns"])
def test_exact_copies_have_the_pixels_of_their_image(images, name):
    for copy in copies(name, images):
        np.testing.assert_array_equal(np.sort(copy.reshape(3, 3, -1)), np.sort(images.reshape(3, 3, -1)))


def test_flips_are_the_quarter_turns_that_keep_the_axes_and_these_are_in_the_orbit(images):
    found = {name: {copy.tobytes() for copy in copies(name, images)} for name in COUNTS}
    assert found["none"] < found["flips"] < found["quarter_turns"] < found["orbit"]
    assert found["none"] < found["rotations"] < found["orbit"]
    assert not (found["flips"] - found["none"]) <= found["rotations"]


def test_the_study_s_two_are_those_of_the_orbit(images):
    np.testing.assert_array_equal(copies("rotations", images), rotations(images))
    np.testing.assert_array_equal(copies("orbit", images), dihedral_views(images))


def test_an_unknown_name_is_refused():
    for name in COUNTS:
        check_augmentation("augmentation.gan", name)
    known = "none, flips, quarter_turns, rotations, orbit"
    with pytest.raises(InputError, match=rf"^augmentation\.gan must be {known}, got 'turns'\.$"):
        check_augmentation("augmentation.gan", "turns")
