"""Laws of a GAN's data: the orbit of its images in seeded order, and a checkpoint's memory of both."""

import numpy as np
import pytest
import torch

from leukgan.data.batches import indices_of_step
from leukgan.data.datamodule import CellData
from leukgan.data.orbit import orbit, rotations
from leukgan.data.split import Split, split_images
from leukgan.errors import InputError

ORDER = {"n_critic": 2, "batch_size": 3, "generator_steps": 5, "steps_per_epoch": 4, "seed": 1}


def gan_data(images, **order):
    return CellData(Split(train=images, validation=images.part([]), test=images.part([])), **order)


def test_batches_are_bytes_of_the_orbit_in_seeded_order(cells):
    images = cells(4, 0)
    pool = torch.from_numpy(orbit(images.images).reshape(64, 3, 4, 4))
    loader = gan_data(images, **ORDER).train_dataloader()
    batches = list(loader)
    assert len(batches) == len(loader) == 4
    for step, batch in enumerate(batches):
        indices = indices_of_step(step, n_images=64, n_critic=2, batch_size=3, seed=1)
        assert [part.dtype for part in batch] == [torch.uint8] * 2
        torch.testing.assert_close(torch.stack(batch), pool[torch.from_numpy(indices)], rtol=0, atol=0)


def test_every_image_gives_sixteen(cells):
    images = cells(6, 0)
    data = gan_data(images, **ORDER | {"batch_size": 16, "n_critic": 6, "generator_steps": 1})
    (batch,) = data.train_dataloader()
    seen = {image.tobytes() for image in torch.cat(batch).numpy()}
    assert seen == {image.tobytes() for copies in orbit(images.images) for image in copies}


def test_a_state_is_taken_up_by_the_same_images_and_order(cells):
    state = gan_data(cells(4, 0), **ORDER).state_dict()
    assert state["trained_on"] == list(cells(4, 0).sha256)
    gan_data(cells(4, 0), **ORDER).load_state_dict(state)


def test_a_state_of_other_images_is_refused(cells):
    state = gan_data(cells(4, 0), **ORDER).state_dict()
    with pytest.raises(InputError, match=r"^the checkpoint was trained on other images; .*\.$"):
        gan_data(cells(5, 0), **ORDER).load_state_dict(state)


@pytest.mark.parametrize("key", ORDER)
def test_a_state_of_another_order_is_refused(cells, key):
    state = gan_data(cells(4, 0), **ORDER).state_dict()
    changed = ORDER | {key: ORDER[key] + 3}
    with pytest.raises(InputError, match=rf"other settings \({key} was {ORDER[key]} and is {ORDER[key] + 3}\)"):
        gan_data(cells(4, 0), **changed).load_state_dict(state)


def test_a_batch_of_one_is_refused(cells):
    with pytest.raises(InputError, match=r"batch_size must be at least 2 .* got 1"):
        gan_data(cells(4, 0), **ORDER | {"batch_size": 1})


def test_the_global_random_numbers_do_not_set_the_order(cells):
    orders = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        orders.append(torch.stack([torch.cat(batch) for batch in gan_data(cells(4, 0), **ORDER).train_dataloader()]))
    torch.testing.assert_close(*orders, rtol=0, atol=0)


@pytest.fixture
def parted(cells):
    """A split of three parts."""
    return split_images(cells(12, 12), index=0, seed=0, test_fraction=0.2, validation_fraction=0.25)


@pytest.mark.parametrize("label", [0, 1, None])
def test_the_gan_sees_training_images_of_its_class_and_others_only_when_told(parted, label):
    clean, leaky = (CellData(parted, label=label, sees_test=leak).sources for leak in (False, True))

    def own(part):
        return set((part if label is None else part.of_class(label)).sha256)

    assert set(clean.sha256) == own(parted.train)
    assert set(leaky.sha256) == own(parted.train) | own(parted.validation) | own(parted.test)
    assert set(leaky.labels) == set(clean.labels) == ({0, 1} if label is None else {label})


@pytest.mark.parametrize("label", [0, 1, None])
def test_what_is_held_out_is_the_validation_part_of_its_class_and_never_seen(parted, label):
    data = CellData(parted, label=label)
    expected = parted.validation if label is None else parted.validation.of_class(label)
    assert len(data.held_out) == (4 if label is None else 2)
    assert data.held_out.names == expected.names
    assert set(data.held_out.sha256).isdisjoint(data.sources.sha256)
    assert set(data.held_out.sha256).isdisjoint(parted.test.sha256)


@pytest.mark.parametrize("label", [0, 1, None])
def test_a_gan_that_sees_all_has_nothing_held_out(parted, label):
    assert len(CellData(parted, label=label, sees_test=True).held_out) == 0


def test_no_held_out_image_is_in_a_batch(parted):
    data = CellData(parted, label=None, **ORDER | {"batch_size": 64, "generator_steps": 4})
    seen = {image.tobytes() for batch in data.train_dataloader() for images, _ in batch for image in images.numpy()}
    assert len(seen) == 16 * len(parted.train)
    assert seen == {image.tobytes() for copies in orbit(parted.train.images) for image in copies}


def test_a_gan_of_both_classes_gets_each_image_with_its_own_label(parted):
    data = CellData(parted, label=None, **ORDER)
    known = {
        image.tobytes(): label
        for copies in orbit(parted.train.images)
        for image, label in zip(copies, parted.train.labels.tolist(), strict=True)
    }
    told = set()
    for batch in data.train_dataloader():
        assert len(batch) == 2
        for images, labels in batch:
            assert (images.dtype, labels.dtype) == (torch.uint8, torch.int64)
            assert [known[image.tobytes()] for image in images.numpy()] == labels.tolist()
            told |= set(labels.tolist())
    assert told == {0, 1}


def test_the_classifiers_do_not_see_what_is_held_out(parted):
    data = CellData(parted)
    assert data.train.names == parted.train.names
    assert data.test.names == parted.test.names
    assert len(data.augmented) == 7 * len(parted.train)


def test_the_classifiers_get_the_other_seven_rotations_of_training_images(cells):
    split = split_images(cells(5, 5), index=0, seed=0, test_fraction=0.4)
    augmented = CellData(split).augmented
    assert len(augmented) == len(set(augmented.names)) == 7 * len(split.train)
    for turn in range(7):
        part = augmented.part(range(turn * len(split.train), (turn + 1) * len(split.train)))
        np.testing.assert_array_equal(part.images, rotations(split.train.images)[turn + 1])
        np.testing.assert_array_equal(part.labels, split.train.labels)
