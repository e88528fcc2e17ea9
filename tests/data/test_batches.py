"""Laws of the order in which a GAN sees its images."""

import numpy as np
import pytest
import torch

from leukgan.data.batches import CriticBatches, ImageBatches, indices_of_step, place_images
from leukgan.errors import InputError

ORDER = {"n_images": 104, "n_critic": 3, "batch_size": 7, "seed": 5}
SHARED = ORDER | {"batch_size": 12, "generator_steps": 25, "steps_per_epoch": 10}


def stream(steps, **changes):
    return np.concatenate([indices_of_step(step, **ORDER | changes).reshape(-1) for step in range(steps)])


def passes_of(n_images):
    seen = stream(100, n_images=n_images)
    return [tuple(seen[start : start + n_images]) for start in range(0, len(seen) - n_images, n_images)]


@pytest.mark.parametrize("n_images", [5, 21, 104])
def test_each_pass_is_a_permutation(n_images):
    assert {tuple(sorted(one)) for one in passes_of(n_images)} == {tuple(range(n_images))}


def test_passes_differ():
    assert len(set(passes_of(104))) == len(passes_of(104)) == 20


def test_a_step_does_not_depend_on_its_history():
    forwards = [indices_of_step(step, **ORDER) for step in range(30)]
    backwards = [indices_of_step(step, **ORDER) for step in reversed(range(30))]
    np.testing.assert_array_equal(forwards, backwards[::-1])
    assert forwards[0].shape == (3, 7)


def test_seeds_give_orders_of_their_own():
    assert len({stream(5, seed=seed).tobytes() for seed in range(50)}) == 50


@pytest.mark.parametrize(("generator_steps", "steps_per_epoch"), [(50, 20), (60, 20), (5, 20), (1, 1)])
def test_epochs_cover_every_step_once(generator_steps, steps_per_epoch):
    sampler = CriticBatches(**ORDER, generator_steps=generator_steps, steps_per_epoch=steps_per_epoch)
    batches = []
    for epoch in range(-(-generator_steps // steps_per_epoch)):
        sampler.set_epoch(epoch)
        assert len(sampler) == min(generator_steps, steps_per_epoch)
        batches += sampler
    np.testing.assert_array_equal(batches, [indices_of_step(step, **ORDER) for step in range(generator_steps)])


def test_indices_choose_their_images_and_labels():
    images = np.random.default_rng(0).integers(0, 256, (10, 3, 4, 4), dtype=np.uint8)
    labels = np.random.default_rng(1).integers(0, 2, 10)
    indices = np.array([[1, 9, 1], [0, 2, 3]])
    plain, labelled = ImageBatches(torch.from_numpy(images)), ImageBatches(torch.from_numpy(images), labels)
    for batch, pair, chosen in zip(plain[indices], labelled[indices], indices, strict=True):
        torch.testing.assert_close(batch, torch.from_numpy(images[chosen]))
        torch.testing.assert_close(pair, (batch, torch.from_numpy(labels[chosen])))


@pytest.mark.parametrize("processes", [1, 3, 12])
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


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    rule = r"^batch_size=12 can't be shared by 5 processes; take a multiple of it, or another number of devices\.$"
    with pytest.raises(InputError, match=rule):
        CriticBatches(**SHARED, process=0, processes=5)


@pytest.mark.parametrize(("free", "kind"), [(4 * 960, "meta"), (4 * 960 - 1, "cpu")])
def test_images_lie_in_the_device_s_memory_where_they_take_at_most_a_quarter_of_it(free, kind):
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 4, 4), dtype=np.uint8)  # 960 bytes
    held = place_images(images, torch.device("meta"), free)
    assert held.device.type == kind
    assert (held.shape, held.dtype) == ((20, 3, 4, 4), torch.uint8)
    for batch in ImageBatches(held)[np.array([[1, 2], [3, 4]])]:
        assert (batch.device.type, batch.shape) == (kind, (2, 3, 4, 4))
