"""Laws of the order of updates, of what a step draws, of samples, and of what a checkpoint says."""

import copy

import numpy as np
import pytest
import torch

from leukgan.gans import DCGAN, WGANGP, InfoWGANGP
from leukgan.gans.options import float_tensors


def watch(module):
    """Have a GAN note after each optimiser step whose it was and what the networks hold."""
    configure_optimizers, updates = module.configure_optimizers, []

    def contents():
        return {
            "critic": [p.detach().clone() for p in module.critic.parameters()],
            "generator": [p.detach().clone() for p in module.generator.parameters()],
            "statistics": [b.clone() for b in module.generator.buffers()],
        }

    def configure_watched():
        optimizers = configure_optimizers()
        for name, optimizer in zip(("critic", "generator"), optimizers, strict=True):
            optimizer.register_step_post_hook(lambda *_, name=name: updates.append((name, contents())))
        return optimizers

    module.configure_optimizers = configure_watched
    return contents(), updates


def same(one, other):
    return [torch.equal(a, b) for a, b in zip(one, other, strict=True)]


@pytest.mark.parametrize("n_critic", [1, 3])
def test_a_step_is_n_critic_critic_updates_and_one_generator_update(gan, fit, n_critic):
    module = gan(n_critic=n_critic)
    _, updates = watch(module)
    fit(module, steps=2)
    assert [name for name, _ in updates] == (["critic"] * n_critic + ["generator"]) * 2
    assert module.generator_step == 2


def test_each_update_moves_its_own_network_and_a_critic_s_the_generator_s_batch_statistics(any_gan, fit):
    module = any_gan()
    before, updates = watch(module)
    fit(module, steps=3)
    for name, after in updates:
        if name == "critic":
            assert all(same(before["generator"], after["generator"]))
            # The last bias adds the same to real and fake scores.
            assert not any(same(before["critic"][:-1], after["critic"][:-1]))
        else:
            assert all(same(before["critic"], after["critic"]))
            assert not any(same(before["generator"], after["generator"]))
        # Fake images are drawn in training mode; the generator's are the critic's where they are reused.
        drawn = name == "critic" or not module.settings.reuse_fakes
        assert same(before["statistics"], after["statistics"]) == [not drawn] * len(before["statistics"])
        before = after


def test_the_critic_s_images_carry_no_gradient_and_the_generator_s_scores_do(gan, fit):
    module = gan(n_critic=2)
    critic_loss, generator_loss = module.critic_loss, module.generator_loss
    carries = []

    def watched_critic_loss(real, fake, condition):
        carries.append(real.requires_grad or fake.requires_grad or condition.requires_grad)
        return critic_loss(real, fake, condition)

    def watched_generator_loss(fake_scores, score_real):
        carries.append(fake_scores.requires_grad)
        return generator_loss(fake_scores, score_real)

    module.critic_loss, module.generator_loss = watched_critic_loss, watched_generator_loss
    fit(module, steps=2)
    assert carries == [False, False, True] * 2


@pytest.mark.parametrize("reuse", [False, True])
def test_the_generator_is_updated_on_fresh_images_or_on_those_of_the_last_critic_update(gan, data, monkeypatch, reuse):
    module = gan(n_critic=2, reuse_fakes=reuse)
    drawn, compared, scored = [], [], []
    module.generator.register_forward_hook(lambda network, latents, images: drawn.append(images))
    module.critic.trunk.register_forward_hook(lambda trunk, images, features: scored.append(*images))
    critic_loss = module.critic_loss

    def watched_critic_loss(real, fake, condition):
        compared.append(fake)
        return critic_loss(real, fake, condition)

    monkeypatch.setattr(module, "critic_loss", watched_critic_loss)
    (batch,) = data(generator_steps=1, n_critic=2).train_dataloader()
    module.step(batch, *module.configure_optimizers())
    assert len(drawn) == (2 if reuse else 3)
    assert scored[-1] is drawn[-1]
    assert torch.equal(compared[-1], drawn[-1]) == reuse


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_each_network_has_an_optimiser_of_its_own_with_its_settings(any_gan, name):
    module = any_gan(
        optimizer=name,
        critic_learning_rate=1e-3,
        generator_learning_rate=1e-4,
        betas=(0.1, 0.2),
        optimizer_epsilon=1e-5,
    )
    kind, settings = {
        "adam": (torch.optim.Adam, {"betas": (0.1, 0.2), "weight_decay": 0, "amsgrad": False}),
        "rmsprop": (torch.optim.RMSprop, {"alpha": 0.2, "momentum": 0, "weight_decay": 0, "centered": False}),
    }[name]
    head = list(module.code_head.parameters()) if hasattr(module, "code_head") else []
    owned = ([*module.critic.parameters(), *head], list(module.generator.parameters()))
    for optimizer, rate, parameters in zip(module.configure_optimizers(), (1e-3, 1e-4), owned, strict=True):
        (group,) = optimizer.param_groups
        assert type(optimizer) is kind
        assert {key: group[key] for key in settings} == settings
        assert (group["lr"], group["eps"]) == (rate, 1e-5)
        assert [id(p) for p in group["params"]] == [id(p) for p in parameters]


@pytest.mark.parametrize(("name", "first"), [("adam", 1.0), ("rmsprop", 0.2**-0.5)])
def test_an_optimiser_s_first_step_is_its_formula(gan, data, name, first):
    """Down each gradient's sign: by the learning rate, and RMSprop by more, for its average of squares starts at 0."""
    module = gan(optimizer=name, betas=(0.5, 0.8), generator_learning_rate=1e-3, optimizer_epsilon=1e-20)
    before, updates = watch(module)
    optimizers = module.configure_optimizers()
    (batch,) = data(generator_steps=1).train_dataloader()
    module.step(batch, *optimizers)
    (after,) = (contents["generator"] for who, contents in updates if who == "generator")
    for old, new, parameter in zip(before["generator"], after, module.generator.parameters(), strict=True):
        torch.testing.assert_close(new, old - 1e-3 * first * parameter.grad.sign(), rtol=1e-4, atol=1e-6)


def test_a_gradient_s_norm_is_that_of_all_its_network_s_gradients(gan, data):
    module = gan(n_critic=1)
    norms = []
    optimizers = module.configure_optimizers()
    for optimizer in optimizers:
        optimizer.register_step_pre_hook(
            lambda optimizer, *_: norms.append(
                torch.cat([p.grad.flatten() for p in optimizer.param_groups[0]["params"]]).double().norm().item()
            )
        )
    (batch,) = data(generator_steps=1, n_critic=1).train_dataloader()
    metrics = module.step(batch, *optimizers)
    assert [metrics[f"{name}_gradient_norm"].item() for name in ("critic", "generator")] == pytest.approx(norms)
    assert not any(value.requires_grad for value in metrics.values())


@pytest.mark.parametrize("warmup", [False, True])
def test_the_averaged_generator_follows_the_closed_form(gan, fit, warmup):
    """With weight w_t = 1 - d, or max(1 - d, 9 / (10 + t)) in the warm-up's step t; batch statistics included.

    a_n = prod_t (1 - w_t) g_0 + sum_k w_k prod_(t > k) (1 - w_t) g_(k + 1).
    """
    module = gan(ema_decay=0.3, ema_warmup=warmup)
    trained = [[t.detach().clone().double() for t in float_tensors(module.generator)]]
    step = module.step

    def watched_step(*given, **named):
        metrics = step(*given, **named)
        trained.append([t.detach().clone().double() for t in float_tensors(module.generator)])
        return metrics

    module.step = watched_step
    fit(module, steps=4)
    moved = [max(0.7, 9 / (10 + t)) if warmup else 0.7 for t in range(4)]
    weights = [np.prod([1 - w for w in moved])]
    weights += [w * np.prod([1 - later for later in moved[k + 1 :]]) for k, w in enumerate(moved)]
    assert sum(weights) == pytest.approx(1)
    for average, *values in zip(float_tensors(module.average_generator), *trained, strict=True):
        expected = sum(weight * value for weight, value in zip(weights, values, strict=True))
        torch.testing.assert_close(average.double(), expected, rtol=1e-5, atol=1e-7)


def test_a_step_draws_the_same_whatever_was_drawn_before(gan_of, fit, tmp_path):
    weights = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        module = gan_of(InfoWGANGP, augmentation=["translation", "cutout", "colour"])
        torch.rand(7 * seed)
        fit(module, steps=2)
        (tmp_path / "last.ckpt").unlink()  # the next training starts anew
        weights.append(module.state_dict())
    torch.testing.assert_close(*weights, rtol=0, atol=0)


def test_same_seed_gives_same_weights_and_another_seed_others(any_gan, global_randomness_untouched):
    with global_randomness_untouched():
        one, same_seed, other = (list(any_gan(seed=seed).parameters()) for seed in (1, 1, 2))
    assert all(same(one, same_seed))
    drawn = [not torch.equal(a, b) for a, b in zip(one, other, strict=True) if a.dim() > 1]
    assert drawn
    assert all(drawn)


def test_a_sample_is_a_function_of_weights_and_seed_whatever_the_mode(any_gan, global_randomness_untouched):
    module = any_gan()
    state = copy.deepcopy(module.state_dict())
    with global_randomness_untouched():
        first, second, other = module.sample(12, seed=0), module.train().sample(12, seed=0), module.sample(12, seed=1)
    np.testing.assert_array_equal(first, second)
    assert first.shape == (12, 3, 32, 32)
    assert first.dtype == np.uint8
    assert first.flags.c_contiguous
    assert len({image.tobytes() for image in np.concatenate([first, other])}) == 24
    torch.testing.assert_close(module.state_dict(), state, rtol=0, atol=0)


def test_a_sample_depends_neither_on_its_batches_nor_on_its_size(any_gan):
    """But for the rounding of products of another shape."""
    module = any_gan()
    sample = module.sample(12, seed=0).astype(int)
    latents = module.latents(12, source=torch.Generator().manual_seed(0))
    assert np.abs(module.images(latents, batch_size=5) - sample).max() <= 1
    if not module.condition_size:
        assert np.abs(module.sample(6, seed=0) - sample[:6]).max() <= 1


def test_samples_come_from_the_averaged_generator_which_no_optimiser_trains(any_gan):
    module = any_gan()
    learned = {id(p) for optimizer in module.configure_optimizers() for p in optimizer.param_groups[0]["params"]}
    assert learned.isdisjoint(map(id, module.average_generator.parameters()))
    torch.nn.init.zeros_(next(module.average_generator.parameters()))  # of the dense layer that the latent enters
    assert len({image.tobytes() for image in module.sample(4, seed=0)}) == 1


def test_weights_are_channels_last(any_gan):
    module = any_gan()
    for network in (module.critic, module.generator, module.average_generator):
        weights = [p for p in network.parameters() if p.dim() == 4]
        assert weights
        assert all(p.is_contiguous(memory_format=torch.channels_last) for p in weights)


@pytest.mark.parametrize("kind", [WGANGP, DCGAN, InfoWGANGP])
def test_noise_is_standard_normal(kind):
    torch.manual_seed(0)
    noise = kind(image_size=32, latent_size=100, critic_width=4, generator_width=16).noise(1000, None)
    assert noise.shape == (1000, 100)
    assert noise.mean().item() == pytest.approx(0, abs=0.016)
    assert noise.std().item() == pytest.approx(1, abs=0.012)


def test_latents_are_noise_and_condition_and_a_source_s_its_own(any_gan):
    module = any_gan()
    latents = module.latents(5)
    assert latents.shape == (5, 8 + module.condition_size)
    torch.testing.assert_close(torch.cat(module.split_latents(latents), dim=1), latents, rtol=0, atol=0)
    assert module.split_latents(latents)[0].shape == (5, 8)
    one, again, other = (module.latents(5, source=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    "edge", [{"critic_dropout": 0.99}, {"ema_decay": 0.0}, {"ema_decay": 1.0}, {"seed": 2**32 - 1}]
)
def test_settings_at_their_limits_train(gan, fit, edge):
    module = gan(**edge)
    fit(module, steps=1)
    assert all(p.isfinite().all() for p in module.parameters())
