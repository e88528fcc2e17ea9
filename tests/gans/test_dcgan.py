"""Laws of DCGAN: the tutorial's recipe, its slopes, and losses that are cross entropies."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from leukgan.gans import DCGAN
from leukgan.gans.layers import LeakyDropout
from leukgan.gans.networks import TransposedGenerator

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16}


def toy(**changes):
    return DCGAN(**TOY | changes)


@pytest.fixture
def batch():
    """Bright real images and dark fake ones."""
    source = torch.Generator().manual_seed(0)
    bright = torch.rand(4, 3, 32, 32, generator=source)
    return bright, -bright


def test_the_recipe_is_the_tutorial_s():
    settings = DCGAN(image_size=32).hparams
    expected = {
        "latent_size": 100, "critic_width": 64, "generator_width": 256, "critic_dropout": 0.3, "n_critic": 1,
        "optimizer": "adam", "critic_learning_rate": 1e-4, "generator_learning_rate": 1e-4, "betas": (0.9, 0.999),
        "optimizer_epsilon": 1e-7, "augmentation": (), "lecam_weight": 0.0, "conditional": False,
    }  # fmt: skip
    assert {name: settings[name] for name in expected} == expected


def test_its_networks_are_the_tutorial_s():
    """Transposed convolutions in the generator, and 0.3 as slope of every LeakyReLU."""
    module = toy()
    assert isinstance(module.generator, TransposedGenerator)
    activations = [layer for layer in module.generator.modules() if isinstance(layer, nn.LeakyReLU)]
    activations_of_critic = [layer for layer in module.critic.modules() if isinstance(layer, LeakyDropout)]
    assert [layer.negative_slope for layer in activations] == [0.3] * 4
    assert [layer.slope for layer in activations_of_critic] == [0.3] * 3


@pytest.mark.parametrize("conditional", [False, True])
def test_the_losses_are_cross_entropies_with_the_critic_s_scores_as_logits(batch, conditional):
    module = toy(critic_dropout=0.0, conditional=conditional)
    condition = module.conditions(4, torch.tensor([0, 1, 1, 0]), None)
    real_scores, fake_scores = (module.critic(images, condition) for images in batch)
    loss, metrics = module.critic_loss(*batch, condition)
    expected = F.binary_cross_entropy_with_logits(
        torch.cat([real_scores, fake_scores]), torch.cat([torch.ones(4), torch.zeros(4)])
    )
    torch.testing.assert_close(loss, 2 * expected)  # the sum of both means is twice the mean of all
    torch.testing.assert_close(metrics["real_score"], real_scores.mean())
    torch.testing.assert_close(metrics["fake_score"], fake_scores.mean())
    expected = F.binary_cross_entropy_with_logits(fake_scores, torch.ones(4))
    torch.testing.assert_close(module.generator_loss(fake_scores, None), expected)
