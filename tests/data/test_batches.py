"""Laws of the order in which a GAN sees its images."""

import numpy as np
import pytest
import torch

from leukgan.data.batches import CriticBatches, ImageBatches, LabelledBatches, indices_of_step, placed
from leukgan.errors import InputError

ORDER = {"n_images": 104, "n_critic": 3, "batch_size": 7, "seed": 5}


def stream(steps, **changes):
    order = ORDER | changes
    return np.concatenate([indices_of_step(step, **order).reshape(-1) for step in range(steps)])


@pytest.mark.parametrize("n_images", [5, 21, 104, 1000])
def test_each_pass_is_a_permutation(n_images):
    seen = stream(200, n_images=n_images)
    for start in range(0, len(seen) - n_images, n_images):
        assert sorted(seen[start : start + n_images]) == list(range(n_images))


def test_passes_differ():
    seen = stream(200)
    passes = {tuple(seen[start : start + 104]) for start in range(0, len(seen) - 104, 104)}
    assert len(passes) == (len(seen) - 1) // 104


def test_the_batches_of_a_step_are_disjoint_within_a_pass():
    for step in range(104 // 21):
        assert len(set(indices_of_step(step, **ORDER).flat)) == 21


def test_a_step_does_not_depend_on_its_history():
    forwards = [indices_of_step(step, **ORDER) for step in range(30)]
    backwards = [indices_of_step(step, **ORDER) for step in reversed(range(30))]
    np.testing.assert_array_equal(forwards, backwards[::-1])
    assert forwards[0].shape == (3, 7)


def test_seeds_give_orders_of_their_own():
    assert len({stream(5, seed=seed).tobytes() for seed in range(50)}) == 50


@pytest.mark.parametrize(("generator_steps", "steps_per_epoch"), [(50, 20), (60, 20), (5, 20), (1, 1), (20, 20)])
def test_epochs_cover_every_step_once(generator_steps, steps_per_epoch):
    sampler = CriticBatches(**ORDER, generator_steps=generator_steps, steps_per_epoch=steps_per_epoch)
    batches = []
    for epoch in range(-(-generator_steps // steps_per_epoch)):
        sampler.set_epoch(epoch)
        chosen = list(sampler)
        assert len(chosen) == len(sampler)
        batches += chosen
    np.testing.assert_array_equal(batches, [indices_of_step(step, **ORDER) for step in range(generator_steps)])


def test_indices_choose_their_images():
    images = np.random.default_rng(0).integers(0, 256, (10, 3, 4, 4), dtype=np.uint8)
    indices = np.array([[1, 9, 1], [0, 2, 3]])
    batches = ImageBatches(torch.from_numpy(images))[indices]
    assert [batch.shape for batch in batches] == [(3, 3, 4, 4)] * 2
    torch.testing.assert_close(torch.stack(batches), torch.from_numpy(images[indices]))


def test_indices_choose_their_images_with_their_labels():
    images = np.random.default_rng(0).integers(0, 256, (10, 3, 4, 4), dtype=np.uint8)
    labels = np.random.default_rng(1).integers(0, 2, 10)
    indices = np.array([[1, 9, 1], [0, 2, 3]])
    batches = LabelledBatches(torch.from_numpy(images), labels)[indices]
    for batch, chosen in zip(batches, indices, strict=True):
        torch.testing.assert_close(batch, (torch.from_numpy(images[chosen]), torch.from_numpy(labels[chosen])))


SHARED = ORDER | {"batch_size": 12, "generator_steps": 25, "steps_per_epoch": 10}


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 12])
@pytest.mark.parametrize("epoch", [0, 2])
def test_processes_take_turns_in_each_batch_and_together_see_what_one_would_see_alone(processes, epoch):
    alone = CriticBatches(**SHARED)
    shares = [CriticBatches(**SHARED, process=process, processes=processes) for process in range(processes)]
    for sampler in (alone, *shares):
        sampler.set_epoch(epoch)
    assert {len(sampler) for sampler in shares} == {len(alone)}
    for whole, *parts in zip(alone, *shares, strict=True):
        assert {part.shape for part in parts} == {(3, 12 // processes)}
        np.testing.assert_array_equal(np.stack(parts, axis=2).reshape(3, 12), whole)


def test_shares_of_a_batch_are_disjoint_within_a_pass():
    shares = [CriticBatches(**SHARED | {"n_images": 36}, process=process, processes=3) for process in range(3)]
    for step in zip(*shares, strict=True):  # a pass is a step
        assert len({index for part in step for index in part.flat}) == 36


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    rule = r"^batch_size=12 can't be shared by 5 processes; take a multiple of it\.$"
    with pytest.raises(InputError, match=rule):
        CriticBatches(**SHARED, process=0, processes=5)


@pytest.mark.parametrize("process", [0, 1])
def test_a_resumed_share_goes_on_where_it_was(process):
    sampler = CriticBatches(**SHARED, process=process, processes=2)
    through = []
    for epoch in range(3):
        sampler.set_epoch(epoch)
        through += list(sampler)
    resumed = CriticBatches(**SHARED, process=process, processes=2)
    resumed.set_epoch(1)
    np.testing.assert_array_equal(list(resumed), through[10:20])
    assert len(through) == 25


def test_batches_of_a_share_are_those_columns_of_the_whole_batch():
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (104, 3, 4, 4), dtype=np.uint8))
    labels = np.random.default_rng(1).integers(0, 2, 104)
    alone = CriticBatches(**SHARED)
    shares = [CriticBatches(**SHARED, process=process, processes=3) for process in range(3)]
    plain, labelled = ImageBatches(images), LabelledBatches(images, labels)
    for whole, *parts in zip(alone, *shares, strict=True):
        for position, expected in enumerate(plain[whole]):
            for process, part in enumerate(parts):
                own = slice(process, None, 3)
                torch.testing.assert_close(plain[part][position], expected[own])
                told = torch.from_numpy(labels[whole[position]])
                torch.testing.assert_close(labelled[part][position], (expected[own], told[own]))


@pytest.mark.parametrize(
    ("free", "kind"), [(4 * 960, "meta"), (4 * 960 - 1, "cpu"), (10**9, "meta"), (0, "cpu"), (3 * 960, "cpu")]
)
def test_images_lie_in_the_device_s_memory_where_they_take_at_most_a_quarter_of_it(free, kind):
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 4, 4), dtype=np.uint8)  # 960 bytes
    held = placed(images, torch.device("meta"), free)
    assert held.device.type == kind
    assert (held.shape, held.dtype) == ((20, 3, 4, 4), torch.uint8)
    if kind == "cpu":
        torch.testing.assert_close(held, torch.from_numpy(images))


def test_batches_are_where_the_images_are():
    images = torch.zeros((20, 3, 4, 4), dtype=torch.uint8, device="meta")
    for batch in ImageBatches(images)[np.array([[1, 2], [3, 4]])]:
        assert batch.device.type == "meta"
        assert batch.shape == (2, 3, 4, 4)
