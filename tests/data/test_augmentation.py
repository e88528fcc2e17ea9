"""Laws of the augmentations: their counts, the image itself first, and groups that act on images."""

import numpy as np
import pytest

from leukgan.data.augmentation import AUGMENTATIONS, check_augmentation, dihedral_views, flatten_views, rotations
from leukgan.errors import InputError

COUNTS = {"none": 1, "flips": 4, "quarter_turns": 8, "rotations": 8, "orbit": 16}


@pytest.fixture(scope="module")
def images():
    """Two smooth images without any symmetry."""
    rows, columns = np.mgrid[-1:1:32j, -1:1:32j]
    waves = [np.cos(3 * rows + k * columns + k * rows * columns) for k in range(1, 7)]
    return np.rint(127.5 + 100 * np.stack(waves).reshape(2, 3, 32, 32)).astype(np.uint8)


def quarter_turn(images):
    """Anticlockwise, as the eye sees an image whose first row is at the top."""
    return np.rot90(images, axes=(-2, -1))


def views_of(images):
    return {name: {view.tobytes() for view in augment(images)} for name, augment in AUGMENTATIONS.items()}


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_each_gives_its_count_of_different_views_with_the_image_itself_first(images, name, count):
    views = AUGMENTATIONS[name](images)
    assert (views.shape, views.dtype) == ((count, 2, 3, 32, 32), np.uint8)
    np.testing.assert_array_equal(views[0], images)
    assert [len({view.tobytes() for view in views[:, one]}) for one in range(2)] == [count] * 2


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_an_image_s_views_do_not_depend_on_the_others(images, name, count):
    augment = AUGMENTATIONS[name]
    np.testing.assert_array_equal(augment(images)[:, 1:], augment(images[1:]))
    assert augment(images[:0]).shape == (count, 0, 3, 32, 32)


@pytest.mark.parametrize("name", ["none", "flips", "quarter_turns"])
def test_exact_views_of_a_view_are_the_same_views_with_the_same_pixels(images, name):
    """A group: whatever is done twice is done by one of them."""
    for view in AUGMENTATIONS[name](images):
        assert views_of(view)[name] == views_of(images)[name]
        np.testing.assert_array_equal(np.sort(view.reshape(3, 2, -1)), np.sort(images.reshape(3, 2, -1)))


def test_flips_are_the_quarter_turns_that_keep_the_axes_and_these_are_in_the_orbit(images):
    found = views_of(images)
    assert found["none"] < found["flips"] < found["quarter_turns"] < found["orbit"]
    assert found["none"] < found["rotations"] < found["orbit"]
    assert not (found["flips"] - found["none"]) <= found["rotations"]


def test_quarter_turns_are_exact_and_anticlockwise(images):
    views = rotations(images)
    for turn in range(8):
        np.testing.assert_array_equal(views[(turn + 2) % 8], quarter_turn(views[turn]))


def test_two_eighths_make_a_quarter(images):
    """Away from the corners, whose content comes from outside of the image."""
    inner = np.hypot(*np.mgrid[-1:1:32j, -1:1:32j]) < 0.9
    twice = rotations(rotations(images)[1])[1].astype(float)
    assert np.abs(twice - quarter_turn(images))[..., inner].mean() == pytest.approx(0, abs=0.7)


def test_the_orbit_is_closed_under_flips(images):
    """But for rounding: the mirror image of an interpolated one is interpolated anew."""
    views = dihedral_views(images)[:, 0].astype(int)
    for flipped in (views[..., ::-1], views[..., ::-1, :]):
        distances = np.abs(flipped[:, None] - views[None]).max(axis=(2, 3, 4))  # (16, 16)
        assert (distances.min(axis=1) <= 1).all()
        assert sorted(distances.argmin(axis=1)) == list(range(16))


def test_corners_are_reflections_and_not_black():
    image = np.broadcast_to(np.linspace(100, 200, 32)[:, None], (1, 3, 32, 32)).astype(np.uint8)
    turned = rotations(image)[1]
    assert turned.min() >= 98
    assert turned.max() <= 202


def test_dark_and_bright_stay_in_range():
    image = np.zeros((1, 3, 32, 32), np.uint8)
    image[..., 8:24, 8:24] = 255  # the spline overshoots at this edge
    turned = rotations(image)[1, 0, 0]
    assert turned[16, 16] == 255
    assert turned[16, 0] == 0


def test_flat_views_are_view_after_view_of_all_images(images):
    flat = flatten_views(dihedral_views(images))
    assert flat.shape == (32, 3, 32, 32)
    assert flat.flags.c_contiguous
    for place, image in enumerate(flat):
        np.testing.assert_array_equal(image, dihedral_views(images)[place // 2, place % 2])


def test_an_unknown_name_is_refused():
    for name in COUNTS:
        check_augmentation("augmentation.gan", name)
    known = "none, flips, quarter_turns, rotations, orbit"
    with pytest.raises(InputError, match=rf"^augmentation\.gan must be {known}, got 'turns'\.$"):
        check_augmentation("augmentation.gan", "turns")
