"""Laws of the plain step: it is the same training as the GAN's, from the same weights."""

import pytest
import torch
from torch import nn

from leukgan.gans import WGANGP
from leukgan.tools.benchmark.plain import PlainWGANGP, has_plain_step
from leukgan.tools.benchmark.steps import random_batch


class Derived(WGANGP):
    """Another GAN, whose losses the plain step doesn't know."""


@pytest.fixture
def same_draws(monkeypatch):
    """Latents and mixing weights that depend on their shape alone, so that the order of draws doesn't matter."""
    for name in ("randn", "rand"):
        original = getattr(torch, name)

        def drawn(*shape, original=original, generator=None, **place):
            return original(*shape, generator=torch.Generator().manual_seed(sum(shape)), **place)

        monkeypatch.setattr(torch, name, drawn)


@pytest.mark.parametrize("output_norm", [True, False])
def test_both_steps_are_the_same_training(gan, same_draws, output_norm):
    # With a large epsilon Adam's updates are proportional to gradients, so that these are compared, not their signs.
    ours = gan(critic_dropout=0.0, optimizer_epsilon=0.1, output_norm=output_norm, critic_learning_rate=1e-2)
    plain = PlainWGANGP(ours)
    optimizers = ours.configure_optimizers()
    torch.manual_seed(0)
    batch = random_batch(ours, 4)
    untrained = [value.clone() for value in ours.state_dict().values()]
    for _ in range(3):
        losses, expected = ours.step(batch, *optimizers), plain.step(batch)
        for name in ("critic_loss", "generator_loss"):
            torch.testing.assert_close(losses[name], expected[name], rtol=1e-5, atol=1e-5)
    trained = PlainWGANGP(ours)
    for name in ("critic", "generator"):
        torch.testing.assert_close(
            getattr(trained, name).state_dict(), getattr(plain, name).state_dict(), rtol=1e-5, atol=1e-5
        )
    averages = (step.average_generator.state_dict().values() for step in (ours, plain))
    for value, expected in zip(*averages, strict=True):
        torch.testing.assert_close(value.contiguous(), expected, rtol=1e-5, atol=1e-5)
    changes = [(new - old).abs().max() for new, old in zip(ours.state_dict().values(), untrained, strict=True)]
    assert max(changes) > 1e-2


def test_the_plain_critic_drops_as_much(gan):
    rates = [layer.p for layer in PlainWGANGP(gan(critic_dropout=0.4)).critic if isinstance(layer, nn.Dropout)]
    assert rates == [0.4] * 3


def test_the_plain_step_leaves_the_gan_alone(gan):
    module = gan()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    PlainWGANGP(module).step(random_batch(module, 4))
    torch.testing.assert_close(module.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize(
    "option",
    [
        {"conditional": True},
        {"augmentation": ["translation"]},
        {"lecam_weight": 0.1},
        {"ema_warmup": True},
        {"optimizer": "rmsprop"},
    ],
)
def test_a_gan_with_options_has_no_plain_step(gan, option):
    assert has_plain_step(gan())
    assert not has_plain_step(gan(**option))


def test_another_gan_has_no_plain_step(gan):
    assert not has_plain_step(Derived(**gan().hparams))
