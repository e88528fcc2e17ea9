"""Laws of WGAN-GP: its losses, their signs, and the study's recipe."""

import pytest
import torch

from leukgan.gans import WGANGP


@pytest.fixture
def batch():
    source = torch.Generator().manual_seed(0)
    return [torch.rand(4, 3, 32, 32, generator=source) * 2 - 1 for _ in range(2)]


def test_the_losses_are_their_formulas(gan, batch):
    module = gan(critic_dropout=0.0, penalty_weight=7.0)
    real, fake = batch
    loss, metrics = module.critic_loss(real, fake, torch.empty(4, 0))
    distance = module.critic(real).mean() - module.critic(fake).mean()
    torch.testing.assert_close(metrics["wasserstein"], distance)
    torch.testing.assert_close(loss, 7 * metrics["gradient_penalty"] - distance)
    scores = module.critic(fake)
    torch.testing.assert_close(module.generator_loss(scores, None), -scores.mean())


def test_dropout_is_active_in_the_penalty(gan, batch):
    module = gan(critic_dropout=0.5)
    torch.manual_seed(0)
    condition = torch.empty(4, 0)
    penalties = {module.critic_loss(batch[0], batch[0], condition)[1]["gradient_penalty"].item() for _ in range(5)}
    assert len(penalties) == 5  # real = fake: the mixing weights change nothing


def test_the_recipe_is_the_study_s():
    settings = WGANGP(image_size=32).hparams
    expected = {
        "latent_size": 128, "critic_width": 64, "generator_width": 256, "critic_dropout": 0.3, "n_critic": 5,
        "penalty_weight": 10.0, "critic_learning_rate": 2e-4, "generator_learning_rate": 2e-4, "betas": (0.5, 0.9),
        "optimizer_epsilon": 1e-7, "optimizer": "adam", "ema_decay": 0.99, "ema_warmup": False, "augmentation": (),
        "adaptive_target": 0.0, "lecam_weight": 0.0, "output_norm": True, "conditional": False,
    }  # fmt: skip
    assert {name: settings[name] for name in expected} == expected
