"""Laws of a GAN's data: the orbit of its images in seeded order, and a checkpoint's memory of both."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from leukgan.data.augmentation import AUGMENTATIONS, dihedral_views
from leukgan.data.batches import indices_of_step
from leukgan.data.datamodule import CellData
from leukgan.data.split import Split, split_images
from leukgan.errors import InputError

ORDER = {"n_critic": 2, "batch_size": 3, "generator_steps": 5, "steps_per_epoch": 4, "seed": 1}


def gan_data(images, **order):
    return CellData(Split(train=images, validation=images.part([]), test=images.part([])), **order)


def test_batches_are_bytes_of_the_orbit_in_seeded_order(cells):
    images = cells(4, 0)
    pool = torch.from_numpy(dihedral_views(images.images).reshape(64, 3, 4, 4))
    loader = gan_data(images, **ORDER).train_dataloader()
    batches = list(loader)
    assert len(batches) == len(loader) == 4
    for step, batch in enumerate(batches):
        indices = indices_of_step(step, n_images=64, n_critic=2, batch_size=3, seed=1)
        assert [part.dtype for part in batch] == [torch.uint8] * 2
        torch.testing.assert_close(torch.stack(batch), pool[torch.from_numpy(indices)], rtol=0, atol=0)


SETTINGS = {**ORDER, "gan_augmentation": "orbit"}


def test_a_state_is_taken_up_by_the_same_images_and_settings_alone(cells):
    state = gan_data(cells(4, 0), **SETTINGS).state_dict()
    assert state["trained_on"] == list(cells(4, 0).sha256)
    gan_data(cells(4, 0), **SETTINGS, classifier_augmentation="flips").load_state_dict(state)  # not the GAN's concern

    with pytest.raises(InputError, match=r"^the checkpoint was trained on other images; .*\.$"):
        gan_data(cells(5, 0), **SETTINGS).load_state_dict(state)
    for key, before in SETTINGS.items():
        now = "flips" if key == "gan_augmentation" else before + 3
        rule = rf"other settings \({key.removeprefix('gan_')} was {before} and is {now}\)"
        with pytest.raises(InputError, match=rule):
            gan_data(cells(4, 0), **SETTINGS | {key: now}).load_state_dict(state)


def test_batches_that_cannot_be_are_refused(cells):
    with pytest.raises(InputError, match=r"batch_size must be at least 2 .* got 1"):
        gan_data(cells(4, 0), **ORDER | {"batch_size": 1})
    data = gan_data(cells(4, 0), **ORDER)
    data.trainer = trained_by(0, 2)
    with pytest.raises(InputError, match="batch_size=3 can't be shared by 2 processes"):
        data.train_dataloader()


@pytest.fixture
def parted(cells):
    """A split of three parts."""
    return split_images(cells(12, 12), index=0, seed=0, test_fraction=0.2, validation_fraction=0.25)


@pytest.mark.parametrize("label", [0, 1, None])
def test_the_gan_sees_training_images_of_its_class_and_others_only_when_told(parted, label):
    clean, leaky = (CellData(parted, label=label, sees_test=leak) for leak in (False, True))

    def own(part):
        return part.names if label is None else part.of_class(label).names

    assert clean.sources.names == own(parted.train)
    assert clean.held_out.names == own(parted.validation) != ()
    assert leaky.sources.names == own(parted.train) + own(parted.validation) + own(parted.test)
    assert len(leaky.held_out) == 0
    assert (clean.train.names, clean.test.names) == (parted.train.names, parted.test.names)  # the classifiers'


def test_a_gan_of_both_classes_gets_each_image_with_its_own_label(parted):
    data = CellData(parted, label=None, **ORDER)
    known = {
        image.tobytes(): label
        for copies in dihedral_views(parted.train.images)
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


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_gan_is_trained_on_its_augmentation_and_no_other(parted, name):
    made = AUGMENTATIONS[name](parted.train.of_class(1).images)
    order = ORDER | {"batch_size": made.shape[0] * made.shape[1], "generator_steps": 1}
    for other in AUGMENTATIONS:
        data = CellData(parted, label=1, gan_augmentation=name, classifier_augmentation=other, **order)
        (batches,) = data.train_dataloader()
        expected = sorted(image.tobytes() for copy in made for image in copy)
        for batch in batches:  # each a pass
            assert sorted(image.tobytes() for image in batch.numpy()) == expected


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_classifiers_get_the_further_copies_of_their_augmentation_and_no_other(parted, name):
    further = AUGMENTATIONS[name](parted.train.images)[1:]
    for other in AUGMENTATIONS:
        augmented = CellData(parted, gan_augmentation=other, classifier_augmentation=name).augmented
        assert len(augmented) == len(set(augmented.names)) == further.shape[0] * len(parted.train)
        np.testing.assert_array_equal(augmented.images, further.reshape(-1, 3, 4, 4))
        assert augmented.labels.tolist() == parted.train.labels.tolist() * len(further)
        assert augmented.classes == parted.train.classes


def trained_by(process, processes):
    """What a data module asks of its trainer."""
    progress = SimpleNamespace(total=SimpleNamespace(processed=0))
    return SimpleNamespace(
        strategy=SimpleNamespace(root_device=torch.device("cpu")),
        global_rank=process,
        world_size=processes,
        fit_loop=SimpleNamespace(epoch_loop=SimpleNamespace(batch_progress=progress)),
    )


@pytest.mark.parametrize("label", [0, None])
def test_processes_of_one_training_share_its_batches(parted, label):
    order = ORDER | {"batch_size": 6}
    alone = CellData(parted, label=label, **order)
    shares = [CellData(parted, label=label, **order) for _ in range(3)]
    for process, data in enumerate(shares):
        data.trainer = trained_by(process, 3)
    loaders = [data.train_dataloader() for data in shares]
    for whole, *parts in zip(alone.train_dataloader(), *loaders, strict=True):
        for batch, *pieces in zip(whole, *parts, strict=True):
            for process, piece in enumerate(pieces):
                own = tuple(t[process::3] for t in batch) if label is None else batch[process::3]
                torch.testing.assert_close(tuple(piece) if label is None else piece, own, rtol=0, atol=0)


def test_each_epoch_goes_on_where_its_training_is(parted):
    data = CellData(parted, **ORDER | {"generator_steps": 12})
    data.trainer = trained_by(0, 1)
    loader, pool = data.train_dataloader(), torch.from_numpy(data.augment(data.sources)[0])
    for done, end in ((0, 4), (3, 7), (10, 12)):
        data.trainer.fit_loop.epoch_loop.batch_progress.total.processed = done
        for step, batch in zip(range(done, end), loader, strict=True):
            indices = indices_of_step(step, n_images=len(pool), n_critic=2, batch_size=3, seed=1)
            torch.testing.assert_close(torch.stack(batch), pool[torch.from_numpy(indices)], rtol=0, atol=0)
