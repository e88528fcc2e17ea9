"""Laws of the rotated and mirrored copies: a group acting on images."""

import numpy as np
import pytest

from leukgan.data.augmentation import dihedral_views, flat_dihedral_views, rotations


@pytest.fixture(scope="module")
def images():
    """Two smooth images without any symmetry."""
    rows, columns = np.mgrid[-1:1:32j, -1:1:32j]
    waves = [np.cos(3 * rows + k * columns + k * rows * columns) for k in range(1, 7)]
    return np.rint(127.5 + 100 * np.stack(waves).reshape(2, 3, 32, 32)).astype(np.uint8)


def quarter_turn(images):
    """Anticlockwise, as the eye sees an image whose first row is at the top."""
    return np.rot90(images, axes=(-2, -1))


def test_the_first_is_the_image_itself(images):
    np.testing.assert_array_equal(rotations(images)[0], images)
    np.testing.assert_array_equal(dihedral_views(images)[0], images)


def test_shapes_and_type(images):
    assert rotations(images).shape == (8, 2, 3, 32, 32)
    assert dihedral_views(images).shape == (16, 2, 3, 32, 32)
    assert dihedral_views(images).dtype == np.uint8


def test_sixteen_copies_differ(images):
    for one in range(2):
        assert len({copy.tobytes() for copy in dihedral_views(images)[:, one]}) == 16


def test_quarter_turns_are_exact_and_anticlockwise(images):
    copies = rotations(images)
    for turn in range(8):
        np.testing.assert_array_equal(copies[(turn + 2) % 8], quarter_turn(copies[turn]))


def test_a_mark_on_the_right_goes_up():
    image = np.zeros((1, 3, 33, 33), np.uint8)
    image[..., 16, 26] = 255  # on the right of the middle
    tops = [np.unravel_index(copy[0, 0].argmax(), (33, 33)) for copy in rotations(image)]
    assert tops[2] == (6, 16)
    assert tops[1] == (9, 23)  # up and to the right, 10 / sqrt(2) each way


def test_two_eighths_make_a_quarter(images):
    """Away from the corners, whose content comes from outside of the image."""
    inner = np.hypot(*np.mgrid[-1:1:32j, -1:1:32j]) < 0.9
    twice = rotations(rotations(images)[1])[1].astype(float)
    assert np.abs(twice - quarter_turn(images))[..., inner].mean() == pytest.approx(0, abs=0.7)


def test_the_orbit_is_closed_under_quarter_turns(images):
    copies = dihedral_views(images)[:, 0]
    assert {quarter_turn(copy).tobytes() for copy in copies} == {copy.tobytes() for copy in copies}


def test_the_orbit_is_closed_under_flips(images):
    """But for rounding: the mirror image of an interpolated one is interpolated anew."""
    copies = dihedral_views(images)[:, 0].astype(int)
    for flipped in (copies[..., ::-1], copies[..., ::-1, :]):
        distances = np.abs(flipped[:, None] - copies[None]).max(axis=(2, 3, 4))  # (16, 16)
        assert (distances.min(axis=1) <= 1).all()
        assert sorted(distances.argmin(axis=1)) == list(range(16))


def test_a_constant_image_is_every_rotation_of_itself():
    image = np.full((1, 3, 32, 32), 201, np.uint8)
    np.testing.assert_array_equal(dihedral_views(image), np.broadcast_to(image, (16, 1, 3, 32, 32)))


def test_an_eighth_turn_hardly_changes_a_round_image():
    radius = np.hypot(*np.mgrid[-1:1:64j, -1:1:64j])
    image = np.rint(255 * np.exp(-4 * radius**2)).astype(np.uint8)
    image = np.broadcast_to(image, (1, 3, 64, 64))
    difference = np.abs(rotations(image)[1].astype(int) - image)
    assert difference[..., radius < 1].max() <= 2


def test_corners_are_reflections_and_not_black():
    rows = np.broadcast_to(np.linspace(100, 200, 32), (1, 3, 32, 32))
    image = rows.transpose(0, 1, 3, 2).astype(np.uint8)
    turned = rotations(image)[1]
    assert turned.min() >= 98
    assert turned.max() <= 202


def test_dark_and_bright_stay_in_range():
    image = np.zeros((1, 3, 32, 32), np.uint8)
    image[..., 8:24, 8:24] = 255  # the spline overshoots at this edge
    turned = rotations(image)[1, 0, 0]
    assert turned[16, 16] == 255
    assert turned[16, 0] == 0


def test_the_flat_orbit_is_copy_after_copy_of_all_images(images):
    flat = flat_dihedral_views(images)
    assert flat.shape == (32, 3, 32, 32)
    assert flat.flags.c_contiguous
    for place, image in enumerate(flat):
        np.testing.assert_array_equal(image, dihedral_views(images)[place // 2, place % 2])
