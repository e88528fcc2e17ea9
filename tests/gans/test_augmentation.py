"""Laws of the augmentation: what each change does, to each image its own, and how gradients pass through it."""

import math

import numpy as np
import pytest
import torch

from leukgan.gans.augmentation import AUGMENTATIONS, augment, cut_out, shift_colour, translate

CHANGES = list(AUGMENTATIONS.values())
NAMES = tuple(AUGMENTATIONS)


def images_of(count=8, size=32, seed=0):
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def applied_to(images, value=1.0):
    return torch.full((len(images), 1, 1, 1), value)


def changed(function, images, seed=0):
    torch.manual_seed(seed)
    return function(images, applied_to(images))


def augmented(images, names=NAMES, probability=1.0, seed=0):
    torch.manual_seed(seed)
    return augment(images, names, torch.tensor(probability))


def shifted(image, down, right):
    """The image (3, H, W) moved by whole pixels, zeros entering, by way of a roll and a mask."""
    moved = np.roll(image, (down, right), (1, 2))
    rows, columns = np.indices(image.shape[1:])
    inside = (rows >= down) & (rows < image.shape[1] + down) & (columns >= right) & (columns < image.shape[2] + right)
    return moved * inside


def removed_squares(count, size, seed=0):
    """Which pixels (count, size, size) cutting out takes from images of ones."""
    return (changed(cut_out, torch.ones(count, 3, size, size), seed) == 0).all(1)


def furthest_from_uniform(values, low, high):
    """Kolmogorov-Smirnov's statistic times the root of the number of values, 1.95 at a significance of 0.001."""
    values = torch.as_tensor(values, dtype=torch.float64).flatten().sort().values
    expected = (torch.arange(len(values), dtype=torch.float64) + 0.5) / len(values)
    return ((values - low) / (high - low) - expected).abs().max().item() * math.sqrt(len(values))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_not_applied_is_the_identity(change):
    images = images_of()
    torch.manual_seed(0)
    torch.testing.assert_close(change(images, applied_to(images, 0.0)), images, rtol=0, atol=3e-7)


@pytest.mark.parametrize("size", [8, 32])
def test_a_translation_moves_whole_pixels_up_to_an_eighth_and_zeros_enter(size):
    images = images_of(600, size)
    after = changed(translate, images).numpy()
    reach, middle = size // 8, size // 2
    found = []
    for one, other in zip(images.numpy(), after, strict=True):
        ((row, column),) = np.argwhere(other[0] == one[0, middle, middle])  # where the pixel in the middle went
        found.append((row - middle, column - middle))
        np.testing.assert_array_equal(shifted(one, *found[-1]), other)
    downs, rights = np.array(found).T
    for shifts in (downs, rights):
        assert set(shifts) == set(range(-reach, reach + 1))
        assert shifts.mean() == pytest.approx(0, abs=4 * shifts.std() / math.sqrt(600))
    assert np.corrcoef(downs, rights)[0, 1] == pytest.approx(0, abs=4 / math.sqrt(600))


@pytest.mark.parametrize("size", [8, 32])
def test_cutting_out_takes_a_square_of_half_the_side(size):
    """Wholly inside it is half the side long; across a border, what is left of it is a rectangle at that border."""
    whole = 0
    for square in removed_squares(400, size):
        rows, columns = square.any(1).nonzero().flatten(), square.any(0).nonzero().flatten()
        assert square.sum() == len(rows) * len(columns)
        for places in (rows, columns):
            assert places[-1] - places[0] + 1 == len(places)
            at_border = places[0] == 0 or places[-1] == size - 1
            assert len(places) == size // 2 or (size // 4 <= len(places) < size // 2 and at_border)
        whole += square.sum().item() == (size // 2) ** 2
    # Both coordinates of the centre have to be a quarter away from the borders, a pixel more or less.
    assert whole / 400 == pytest.approx(((size / 2 + 1) / size) ** 2, abs=0.1)


def test_the_square_lies_anywhere():
    """A pixel x + 1/2 from the border is taken where the centre is within a quarter of the side on both axes."""
    size = 16
    share = removed_squares(8000, size).double().mean(0)
    place = torch.arange(size, dtype=torch.float64) + 0.5
    reach = (place + size / 4).clamp(max=size) - (place - size / 4).clamp(min=0)
    expected = torch.outer(reach, reach) / size**2
    torch.testing.assert_close(share, expected, rtol=0, atol=4.5 * math.sqrt(0.25 * 0.75 / 8000))


def test_cutting_out_leaves_all_else_as_it_is():
    images = images_of(20)
    after = changed(cut_out, images)
    squares = removed_squares(20, 32)[:, None].expand_as(images)
    assert not after[squares].any()
    torch.testing.assert_close(after[~squares], images[~squares], rtol=0, atol=0)


def test_brightness_shifts_grey_images_by_up_to_a_half():
    images = torch.full((4000, 3, 4, 4), 0.25)  # neither saturation nor contrast can change one grey
    shift = changed(shift_colour, images) - images
    torch.testing.assert_close(shift, shift[:, :1, :1, :1].expand_as(shift), rtol=0, atol=1e-6)
    assert furthest_from_uniform(shift[:, 0, 0, 0], -0.5, 0.5) < 1.95


def test_contrast_scales_the_distance_from_the_mean_of_grey_images_by_a_half_to_one_and_a_half():
    images = images_of(1, 8).mean(1, keepdim=True).expand(4000, 3, 8, 8)
    after = changed(shift_colour, images)
    before = images - images.mean((1, 2, 3), keepdim=True)
    distance = after - after.mean((1, 2, 3), keepdim=True)
    factor = (distance * before).sum((1, 2, 3)) / before.square().sum((1, 2, 3))
    torch.testing.assert_close(distance, factor.view(-1, 1, 1, 1) * before, rtol=0, atol=1e-5)
    assert furthest_from_uniform(factor, 0.5, 1.5) < 1.95


def test_saturation_scales_the_distance_from_grey_by_up_to_two():
    """Of an image, contrast scales grey and colour alike: the quotient of both factors is saturation's."""
    images = images_of(1, 8).expand(4000, 3, 8, 8)
    after = changed(shift_colour, images)
    factors = []
    for values in (images, after):
        grey = values.mean(1, keepdim=True)
        factors.append(((values - grey).std((1, 2, 3)), (grey - grey.mean((2, 3), keepdim=True)).std((1, 2, 3))))
    (colour, grey), (colour_after, grey_after) = factors
    assert furthest_from_uniform((colour_after / colour) / (grey_after / grey), 0, 2) < 1.95


def test_second_derivatives_pass_through_all_changes():
    """Of f = sum (A x + a)^3 the second derivative along v is 6 A^T (A x + a) (A v); A is found by differences."""
    images = images_of(1, 8)
    origin = augmented(torch.zeros_like(images)).double().flatten()
    pixels = torch.eye(images.numel()).view(-1, *images.shape)
    columns = torch.stack([augmented(pixel).double().flatten() - origin for pixel in pixels], 1)
    along = images_of(1, 8, seed=1).double()
    value = columns @ images.double().flatten() + origin
    expected = 6 * columns.T @ (value * (columns @ along.flatten()))
    images.requires_grad_()
    (first,) = torch.autograd.grad(augmented(images).pow(3).sum(), images, create_graph=True)
    (second,) = torch.autograd.grad((first * along.float()).sum(), images)
    torch.testing.assert_close(first.flatten().double(), 3 * columns.T @ value**2, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(second.flatten().double(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.8, 1.0])
@pytest.mark.parametrize("name", NAMES)
def test_the_probability_is_that_of_an_image_to_be_changed(name, probability):
    count, size = 4000, 16
    images = images_of(1, size).expand(count, -1, -1, -1)
    moved = (augmented(images, (name,), probability) - images).abs().amax((1, 2, 3)) > 1e-5
    # A shift drawn from -2 to 2 rounds to zero with probability 1/4, on both axes with 1/16.
    expected = probability * (1 - 1 / 16 * (name == "translation"))
    bound = 4 * math.sqrt(expected * (1 - expected) / count)
    assert moved.double().mean().item() == pytest.approx(expected, abs=bound + 1e-12)


def test_each_change_is_drawn_by_itself():
    """Of all images, a half is brighter and independently a half has a square missing."""
    images = torch.ones(4000, 3, 8, 8)
    after = augmented(images, ("cutout", "colour"), 0.5)
    cut = after.flatten(1).std(1) > 0.01
    brighter = (after.amax((1, 2, 3)) - 1).abs() > 1e-4
    for drawn, share in ((cut, 0.5), (brighter, 0.5), (cut & brighter, 0.25)):
        assert drawn.double().mean().item() == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 4000))


def test_changes_come_in_the_order_of_their_names():
    images = images_of(4)
    torch.manual_seed(0)
    expected = images
    for name in ("colour", "translation"):
        torch.rand(4, 1, 1, 1)  # whether it is applied
        expected = AUGMENTATIONS[name](expected, applied_to(images))
    torch.testing.assert_close(augmented(images, ("colour", "translation")), expected, rtol=0, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_images_stay_in_single_precision_under_autocast(name):
    images = images_of()
    expected = augmented(images, (name,))
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(augmented(images, (name,)), expected, rtol=0, atol=0)
        assert augmented(images.bfloat16(), (name,)).dtype == torch.float32


@pytest.mark.parametrize("name", NAMES)
def test_images_stay_channels_last(name):
    images = images_of().contiguous(memory_format=torch.channels_last)
    assert augmented(images, (name,)).is_contiguous(memory_format=torch.channels_last)
