"""Laws of Info-WGAN-GP: it is WGAN-GP, recipe and losses, with codes."""

import torch

from leukgan.gans import WGANGP, InfoGAN, InfoWGANGP

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16}
CODES = {"categories", "continuous_codes", "information_weight", "q_update"}


def test_the_recipe_is_wgan_gp_s_with_infogan_s_codes():
    own, study, codes = (dict(kind(image_size=32).hparams) for kind in (InfoWGANGP, WGANGP, InfoGAN))
    assert own == {
        **{name: value for name, value in study.items() if name != "conditional"},
        **{name: codes[name] for name in CODES},
    }


def test_without_weight_of_the_information_the_losses_are_wgan_gp_s():
    """Penalty included, for the same mixing weights."""
    module = InfoWGANGP(**TOY, information_weight=0.0, critic_dropout=0.0)
    plain = WGANGP(**TOY, critic_dropout=0.0)
    plain.critic.load_state_dict(module.critic.state_dict())
    real, fake = torch.rand(2, 4, 3, 32, 32) * 2 - 1
    found = []
    for gan, condition in ((module, module.conditions(4, None, None)), (plain, torch.empty(4, 0))):
        torch.manual_seed(0)
        found.append(gan.critic_loss(real, fake, condition))
    (loss, metrics), (expected, expected_metrics) = found
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(metrics, expected_metrics)
    assert metrics["gradient_penalty"] > 0
    scores = torch.randn(4)
    torch.testing.assert_close(module.generator_loss(scores, None), -scores.mean())


def test_the_penalty_is_of_scores_alone():
    """The bound is not penalised: the penalty does not depend on the code head or the codes."""
    module = InfoWGANGP(**TOY, critic_dropout=0.0)
    real, fake = torch.rand(2, 4, 3, 32, 32) * 2 - 1
    penalties = []
    for scale in (1.0, 30.0):
        with torch.no_grad():
            for parameter in module.code_head.parameters():
                parameter.mul_(scale)
        torch.manual_seed(0)
        condition = module.conditions(4, None, torch.Generator().manual_seed(int(scale)))
        penalties.append(module.critic_loss(real, fake, condition)[1]["gradient_penalty"])
    torch.testing.assert_close(*penalties, rtol=0, atol=0)
