"""Laws of WGAN-GP: its losses, their signs, and that the paper's mirrored signs are the same training."""

import pytest
import torch

from leukgan.gans import WGANGP, register_gan


class Mirrored(WGANGP):
    """The study's signs: L_D = D(x) - D(G(z)) + penalty and L_G = D(G(z)), for a critic that is low on real images."""

    def __init__(self, **settings):
        super().__init__(**settings)
        with torch.no_grad():
            for parameter in self.critic.unit.parameters():
                parameter.neg_()

    def critic_loss(self, real, fake, condition):
        loss, metrics = super().critic_loss(real, fake, condition)
        return loss + 2 * metrics["wasserstein"], metrics

    def generator_loss(self, fake_scores):
        return -super().generator_loss(fake_scores)


register_gan("mirrored", Mirrored)


def split_state(module):
    """All tensors, and those that are mirrored apart: the critic's dense unit and what it scores."""
    state = module.state_dict()
    mirrored = ("critic.unit.", "average_scores")
    return (
        {name: value for name, value in state.items() if not name.startswith(mirrored)},
        {name: value for name, value in state.items() if name.startswith(mirrored)},
    )


@pytest.fixture
def batch():
    source = torch.Generator().manual_seed(0)
    return [torch.rand(4, 3, 32, 32, generator=source) * 2 - 1 for _ in range(2)]


def test_the_paper_s_mirrored_signs_give_the_same_training(gan, fit, tmp_path):
    usual, mirrored = gan(), Mirrored(**gan().hparams)
    for module in (usual, mirrored):
        fit(module, steps=10)
        (tmp_path / "last.ckpt").unlink()
    (shared, unit), (mirrored_shared, mirrored_unit) = split_state(usual), split_state(mirrored)
    torch.testing.assert_close(mirrored_shared, shared, rtol=0, atol=0)
    torch.testing.assert_close({k: -v for k, v in mirrored_unit.items()}, unit, rtol=0, atol=0)
    assert not torch.equal(shared["critic.trunk.1.weight"], gan().critic.trunk[1].weight)


def test_the_losses_are_their_formulas(gan, batch):
    module = gan(critic_dropout=0.0, penalty_weight=7.0)
    real, fake = batch
    loss, metrics = module.critic_loss(real, fake, torch.empty(4, 0))
    distance = module.critic(real).mean() - module.critic(fake).mean()
    torch.testing.assert_close(metrics["wasserstein"], distance)
    torch.testing.assert_close(loss, 7 * metrics["gradient_penalty"] - distance)
    scores = module.critic(fake)
    torch.testing.assert_close(module.generator_loss(scores), -scores.mean())


def test_dropout_is_active_in_the_penalty(gan, batch):
    module = gan(critic_dropout=0.5)
    torch.manual_seed(0)
    condition = torch.empty(4, 0)
    penalties = {module.critic_loss(batch[0], batch[0], condition)[1]["gradient_penalty"].item() for _ in range(5)}
    assert len(penalties) == 5  # real = fake: the mixing weights change nothing


def test_the_critic_becomes_high_on_real_images(gan, images):
    module = gan(critic_dropout=0.0, critic_learning_rate=2e-3)
    critic_optimizer, _ = module.configure_optimizers()
    real = torch.from_numpy(images().images[:4]).float() / 127.5 - 1  # bright
    fake = -real
    for _ in range(30):
        loss, _ = module.critic_loss(real, fake, torch.empty(4, 0))
        critic_optimizer.zero_grad()
        loss.backward()
        critic_optimizer.step()
    assert module.critic(real).min() > module.critic(fake).max() + 1


def test_the_recipe_is_the_study_s():
    settings = WGANGP(image_size=32).hparams
    expected = {
        "latent_size": 128, "critic_width": 64, "generator_width": 256, "critic_dropout": 0.3, "n_critic": 5,
        "penalty_weight": 10.0, "critic_learning_rate": 2e-4, "generator_learning_rate": 2e-4, "betas": (0.5, 0.9),
        "optimizer_epsilon": 1e-7, "optimizer": "adam", "ema_decay": 0.99, "ema_warmup": False, "augmentation": (),
        "adaptive_target": 0.0, "lecam_weight": 0.0, "output_norm": True, "conditional": False,
    }  # fmt: skip
    assert {name: settings[name] for name in expected} == expected
