"""Laws of InfoGAN: the original's recipe, uniform noise, and DCGAN's losses with the bound."""

import inspect
import math

import pytest
import torch

from leukgan.gans import DCGAN, InfoGAN
from leukgan.gans.networks import TransposedGenerator

TOY = {"image_size": 32, "critic_width": 4, "generator_width": 16}


def test_the_recipe_is_the_original_s():
    settings = InfoGAN(image_size=32).hparams
    expected = {
        "latent_size": 62, "categories": 10, "continuous_codes": 2, "information_weight": 1.0, "q_update": "both",
        "n_critic": 1, "optimizer": "adam", "critic_learning_rate": 2e-4, "generator_learning_rate": 1e-3,
    }  # fmt: skip
    assert {name: settings[name] for name in expected} == expected
    assert settings["betas"][0] == 0.5


def test_all_settings_but_the_classes_are_dcgan_s_and_four_are_the_codes_own():
    own, other = (set(inspect.signature(kind).parameters) for kind in (InfoGAN, DCGAN))
    assert own - other == {"categories", "continuous_codes", "information_weight", "q_update"}
    assert other - own == {"conditional"}
    assert set(InfoGAN(**TOY).hparams) == own


def test_the_generator_is_dcgan_s_for_noise_and_codes():
    module = InfoGAN(**TOY)
    assert isinstance(module.generator, TransposedGenerator)
    assert module.generator[0].in_features == 62 + 10 + 2
    assert module.code_head(torch.zeros(1, module.critic.features)).shape == (1, 12)


def test_noise_is_uniform_between_minus_one_and_one():
    module = InfoGAN(**TOY)
    torch.manual_seed(0)
    noise = module.noise(200, None)
    assert noise.shape == (200, 62)
    assert noise.abs().max() <= 1
    values = noise.flatten().sort().values
    distance = (values - torch.linspace(-1, 1, len(values))).abs().max().item() / 2
    assert distance == pytest.approx(0, abs=1.95 / math.sqrt(len(values)))  # Kolmogorov-Smirnov at 0.001


def test_without_weight_of_the_information_the_losses_are_dcgan_s():
    module = InfoGAN(**TOY, information_weight=0.0, critic_dropout=0.0)
    plain = DCGAN(**TOY, critic_dropout=0.0)
    plain.critic.load_state_dict(module.critic.state_dict())
    real, fake = torch.rand(2, 4, 3, 32, 32)
    condition = module.conditions(4, None, None)
    loss, metrics = module.critic_loss(real, fake, condition)
    expected, expected_metrics = plain.critic_loss(real, fake, torch.empty(4, 0))
    torch.testing.assert_close(loss, expected)
    assert metrics.keys() == expected_metrics.keys()
    scores = torch.randn(4)
    torch.testing.assert_close(module.generator_loss(scores, None), plain.generator_loss(scores, None), rtol=0, atol=0)
