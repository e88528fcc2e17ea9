"""Laws of the order of updates, of what a step draws, of samples, and of what a checkpoint says."""

import copy

import numpy as np
import pytest
import torch

from leukgan.errors import InputError
from leukgan.gans import WGANGP
from leukgan.gans.base import tensors, to_networks, to_uint8


class Watched(WGANGP):
    """Tells after each optimiser step whose it was and what the networks hold."""

    def configure_optimizers(self):
        self.updates = []
        optimizers = super().configure_optimizers()
        for name, optimizer in zip(("critic", "generator"), optimizers, strict=True):
            optimizer.register_step_post_hook(lambda *_, name=name: self.updates.append((name, self.contents())))
        return optimizers

    def contents(self):
        return {
            "critic": [p.detach().clone() for p in self.critic.parameters()],
            "generator": [p.detach().clone() for p in self.generator.parameters()],
            "statistics": [b.clone() for b in self.generator.buffers()],
            "all": [t.detach().clone() for t in tensors(self.generator)],
        }


def same(one, other):
    return [torch.equal(a, b) for a, b in zip(one, other, strict=True)]


@pytest.fixture
def watched(gan, fit):
    module = Watched(**gan(n_critic=3).hparams)
    module.before = module.contents()
    fit(module, steps=4)
    return module


@pytest.mark.parametrize("n_critic", [1, 2, 5])
def test_a_step_is_n_critic_critic_updates_and_one_generator_update(gan, fit, n_critic):
    module = Watched(**gan(n_critic=n_critic).hparams)
    fit(module, steps=3)
    assert [name for name, _ in module.updates] == (["critic"] * n_critic + ["generator"]) * 3


def test_critic_update_leaves_the_generator_alone_but_for_its_batch_statistics(watched):
    before = watched.before
    for name, after in watched.updates:
        if name == "critic":
            assert all(same(before["generator"], after["generator"]))
            # The last bias adds the same to real and fake scores.
            assert not any(same(before["critic"][:-1], after["critic"][:-1]))
            assert not any(same(before["statistics"], after["statistics"]))
        before = after


def test_the_critic_s_fake_images_carry_no_gradient_and_the_generator_s_do(gan, fit):
    module = gan(n_critic=2)
    critic_loss, generator_loss = module.critic_loss, module.generator_loss
    carries = []
    module.critic_loss = lambda real, fake: carries.append(fake.requires_grad) or critic_loss(real, fake)
    module.generator_loss = lambda fake: carries.append(fake.requires_grad) or generator_loss(fake)
    fit(module, steps=2)
    assert carries == [False, False, True] * 2


def test_generator_update_leaves_the_critic_alone(watched):
    before = watched.before
    for name, after in watched.updates:
        if name == "generator":
            assert all(same(before["critic"], after["critic"]))
            assert not any(same(before["generator"], after["generator"]))
        before = after


def test_the_averaged_generator_follows_the_closed_form(watched):
    """a_n = d^n g_0 + (1 - d) sum_k d^(n - k) g_k, batch statistics included."""
    decay = watched.hparams["ema_decay"]
    trained = [watched.before["all"]] + [after["all"] for name, after in watched.updates if name == "generator"]
    weights = [decay**4] + [(1 - decay) * decay ** (4 - k) for k in range(1, 5)]
    for average, *values in zip(tensors(watched.average_generator), *trained, strict=True):
        expected = sum(weight * value.double() for weight, value in zip(weights, values, strict=True))
        torch.testing.assert_close(average.double(), expected, rtol=1e-5, atol=1e-7)


def test_the_averaged_generator_is_not_trained(watched):
    assert not watched.average_generator.training
    assert not any(p.requires_grad for p in watched.average_generator.parameters())


def test_a_step_draws_the_same_whatever_was_drawn_before(gan, fit, tmp_path):
    weights = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        module = gan()
        torch.rand(7 * seed)
        fit(module, steps=2)
        (tmp_path / "last.ckpt").unlink()
        weights.append(module.state_dict())
    torch.testing.assert_close(*weights, rtol=0, atol=0)


def test_same_seed_gives_same_weights_and_another_seed_others(gan):
    one, same_seed, other = (list(gan(seed=seed).parameters()) for seed in (1, 1, 2))
    assert all(same(one, same_seed))
    drawn = [not torch.equal(a, b) for a, b in zip(one, other, strict=True) if a.dim() > 1]
    assert drawn == [True] * 12


def test_construction_leaves_the_global_random_numbers_alone(gan):
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    gan(seed=5)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_a_sample_is_a_function_of_weights_and_seed(gan):
    module = gan()
    state = copy.deepcopy(module.state_dict())
    first, second, other = module.sample(12, seed=0), module.sample(12, seed=0), module.sample(12, seed=1)
    np.testing.assert_array_equal(first, second)
    assert first.shape == (12, 3, 32, 32)
    assert first.dtype == np.uint8
    assert first.flags.c_contiguous
    assert len({image.tobytes() for image in np.concatenate([first, other])}) == 24
    torch.testing.assert_close(module.state_dict(), state, rtol=0, atol=0)


def test_a_sample_leaves_the_global_random_numbers_alone(gan):
    module = gan()
    before = torch.get_rng_state()
    module.sample(2, seed=0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("batch_size", [1, 5, 64])
def test_a_sample_does_not_depend_on_its_batches(gan, batch_size):
    """But for the rounding of products of another shape."""
    module = gan()
    difference = module.sample(12, seed=0, batch_size=batch_size).astype(int) - module.sample(12, seed=0, batch_size=12)
    assert np.abs(difference).max() <= 1


def test_a_sample_is_the_start_of_a_larger_one(gan):
    module = gan()
    difference = module.sample(12, seed=0).astype(int)[:6] - module.sample(6, seed=0)
    assert np.abs(difference).max() <= 1


def test_a_sample_does_not_depend_on_the_mode(gan):
    module = gan()
    expected = module.sample(4, seed=0)
    module.train()
    np.testing.assert_array_equal(module.sample(4, seed=0), expected)


def test_samples_come_from_the_averaged_generator(gan):
    module = gan()
    torch.nn.init.zeros_(module.average_generator[0].weight)
    assert len({image.tobytes() for image in module.sample(4, seed=0)}) == 1


def test_bytes_survive_the_way_into_the_networks_and_back():
    images = torch.arange(256, dtype=torch.uint8).expand(2, 3, 4, 256).contiguous()
    inside = to_networks(images)
    assert inside.min().item() == -1
    assert inside.max().item() == 1
    assert inside.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(to_uint8(inside), images, rtol=0, atol=0)
    torch.testing.assert_close(
        to_uint8(torch.full((1, 3, 2, 2), 1.5)), torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)
    )


def test_weights_are_channels_last(gan):
    for network in (gan().critic, gan().generator, gan().average_generator):
        weights = [p for p in network.parameters() if p.dim() == 4]
        assert weights
        assert all(p.is_contiguous(memory_format=torch.channels_last) for p in weights)


def test_latents_are_standard_normal(gan):
    torch.manual_seed(0)
    latents = gan(latent_size=100).latents(1000)
    assert latents.shape == (1000, 100)
    assert latents.mean().item() == pytest.approx(0, abs=0.016)
    assert latents.std().item() == pytest.approx(1, abs=0.012)


def test_a_checkpoint_holds_plain_values_and_gives_the_gan_back(gan, fit):
    module = gan(seed=3)
    path = fit(module, steps=3)
    state = torch.load(path, weights_only=True)
    assert state["generator_step"] == 3
    assert dict(state["hyper_parameters"]) == dict(module.hparams)
    assert state["hyper_parameters"]["n_critic"] == 2
    again = WGANGP.load_from_checkpoint(path, map_location="cpu", weights_only=True)
    np.testing.assert_array_equal(again.sample(4, seed=0), module.sample(4, seed=0))


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("n_critic", 0, "at least 1"),
        ("n_critic", 2.5, "a whole number"),
        ("latent_size", 0, "at least 1"),
        ("critic_width", 0, "at least 1"),
        ("generator_width", 8, "at least 16"),
        ("critic_dropout", 1.0, "from 0.0 to 0.99"),
        ("critic_dropout", -0.1, "from 0.0 to 0.99"),
        ("penalty_weight", -1.0, "at least 0.0"),
        ("penalty_weight", float("nan"), "at least 0.0"),
        ("critic_learning_rate", -1e-4, "at least 0.0"),
        ("ema_decay", 1.1, "from 0.0 to 1.0"),
        ("seed", -1, "at least 0"),
    ],
)
def test_impossible_settings_are_refused(gan, name, value, rule):
    with pytest.raises(InputError, match=rf"^gan\.{name} must be {rule}, got {value}\.$"):
        gan(**{name: value})


@pytest.mark.parametrize("image_size", [16, 48, 512])
def test_impossible_sizes_are_refused(gan, image_size):
    with pytest.raises(InputError, match=rf"image_size .* got {image_size}"):
        gan(image_size=image_size)


@pytest.mark.parametrize(
    "edge", [{"critic_dropout": 0.99}, {"ema_decay": 0.0}, {"ema_decay": 1.0}, {"seed": 2**32 - 1}]
)
def test_settings_at_their_limits_train(gan, fit, edge):
    module = gan(**edge)
    fit(module, steps=1)
    assert all(p.isfinite().all() for p in module.parameters())
