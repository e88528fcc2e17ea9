"""Laws of a GAN's data: the orbit of its images in seeded order, and a checkpoint's memory of both."""

import numpy as np
import pytest
import torch

from leukgan.data.batches import indices_of_step
from leukgan.data.datamodule import CellData
from leukgan.data.orbit import orbit
from leukgan.errors import InputError

ORDER = {"n_critic": 2, "batch_size": 3, "generator_steps": 5, "steps_per_epoch": 4, "seed": 1}


def test_batches_are_bytes_of_the_orbit_in_seeded_order(cells):
    images = cells(4, 0)
    pool = torch.from_numpy(orbit(images.images).reshape(64, 3, 4, 4))
    loader = CellData(images, **ORDER).train_dataloader()
    batches = list(loader)
    assert len(batches) == len(loader) == 4
    for step, batch in enumerate(batches):
        indices = indices_of_step(step, n_images=64, n_critic=2, batch_size=3, seed=1)
        assert [part.dtype for part in batch] == [torch.uint8] * 2
        torch.testing.assert_close(torch.stack(batch), pool[torch.from_numpy(indices)], rtol=0, atol=0)


def test_every_image_gives_sixteen(cells):
    images = cells(6, 0)
    data = CellData(images, **ORDER | {"batch_size": 16, "n_critic": 6, "generator_steps": 1})
    (batch,) = data.train_dataloader()
    seen = {image.tobytes() for image in torch.cat(batch).numpy()}
    assert seen == {image.tobytes() for copies in orbit(images.images) for image in copies}


def test_a_state_is_taken_up_by_the_same_images_and_order(cells):
    state = CellData(cells(4, 0), **ORDER).state_dict()
    assert state["trained_on"] == list(cells(4, 0).sha256)
    CellData(cells(4, 0), **ORDER).load_state_dict(state)


def test_a_state_of_other_images_is_refused(cells):
    state = CellData(cells(4, 0), **ORDER).state_dict()
    with pytest.raises(InputError, match=r"^the checkpoint was trained on other images; .*\.$"):
        CellData(cells(5, 0), **ORDER).load_state_dict(state)


@pytest.mark.parametrize("key", ORDER)
def test_a_state_of_another_order_is_refused(cells, key):
    state = CellData(cells(4, 0), **ORDER).state_dict()
    changed = ORDER | {key: ORDER[key] + 3}
    with pytest.raises(InputError, match=rf"other settings \({key} was {ORDER[key]} and is {ORDER[key] + 3}\)"):
        CellData(cells(4, 0), **changed).load_state_dict(state)


def test_a_batch_of_one_is_refused(cells):
    with pytest.raises(InputError, match=r"batch_size must be at least 2 .* got 1"):
        CellData(cells(4, 0), **ORDER | {"batch_size": 1})


def test_the_global_random_numbers_do_not_set_the_order(cells):
    orders = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        orders.append(torch.stack([torch.cat(batch) for batch in CellData(cells(4, 0), **ORDER).train_dataloader()]))
    torch.testing.assert_close(*orders, rtol=0, atol=0)
