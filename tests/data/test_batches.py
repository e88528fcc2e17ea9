"""Laws of the order in which a GAN sees its images."""

import numpy as np
import pytest
import torch

from leukgan.data.batches import CriticBatches, ImageBatches, LabelledBatches, indices_of_step

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
    batches = ImageBatches(images)[indices]
    assert [batch.shape for batch in batches] == [(3, 3, 4, 4)] * 2
    torch.testing.assert_close(torch.stack(batches), torch.from_numpy(images[indices]))


def test_indices_choose_their_images_with_their_labels():
    images = np.random.default_rng(0).integers(0, 256, (10, 3, 4, 4), dtype=np.uint8)
    labels = np.random.default_rng(1).integers(0, 2, 10)
    indices = np.array([[1, 9, 1], [0, 2, 3]])
    batches = LabelledBatches(images, labels)[indices]
    for batch, chosen in zip(batches, indices, strict=True):
        torch.testing.assert_close(batch, (torch.from_numpy(images[chosen]), torch.from_numpy(labels[chosen])))
