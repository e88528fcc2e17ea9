"""WGAN-GP, the study's model (Gulrajani et al., 2017)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import Optimizer

from leukgan.gans.base import GAN, Metrics
from leukgan.gans.losses import gradient_penalty, wasserstein_estimate


class WGANGP(GAN):
    """Wasserstein GAN with gradient penalty, with the study's recipe as defaults.

    Args:
        image_size: Height and width of the images: 32, 64, 128 or 256.
        latent_size: Length of the generator's input.
        critic_width: Channels of the critic's first block; they double up to eight times this.
        generator_width: Channels of the generator's first block; they halve down to a sixteenth of this.
        output_norm: Whether the generator's last convolution is batch-normalised too, as in the Keras example.
        critic_dropout: Share of activations dropped after each block of the critic.
        n_critic: Critic updates, each on a fresh real batch, for one update of the generator.
        penalty_weight: Weight of the gradient penalty.
        critic_learning_rate: Adam's learning rate for the critic.
        generator_learning_rate: Adam's learning rate for the generator.
        betas: Adam's decay rates, both networks.
        adam_epsilon: Adam's epsilon (Keras' value).
        ema_decay: Decay, for each generator step, of the averaged generator that samples are taken from.
        seed: Of the initial weights and of all that training draws.
    """

    def __init__(
        self,
        *,
        image_size: int,
        latent_size: int = 128,
        critic_width: int = 64,
        generator_width: int = 256,
        output_norm: bool = True,
        critic_dropout: float = 0.3,
        n_critic: int = 5,
        penalty_weight: float = 10.0,
        critic_learning_rate: float = 2e-4,
        generator_learning_rate: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.9),
        adam_epsilon: float = 1e-7,
        ema_decay: float = 0.99,
        seed: int = 0,
    ) -> None:
        super().__init__()

    def critic_loss(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Metrics]:
        real_scores, fake_scores = self.critic(torch.cat([real, fake])).chunk(2)
        distance = wasserstein_estimate(real_scores, fake_scores)
        penalty = gradient_penalty(self.critic, real, fake)
        loss = self.hparams["penalty_weight"] * penalty - distance
        return loss, {"wasserstein": distance, "gradient_penalty": penalty}

    def generator_loss(self, fake: Tensor) -> Tensor:
        return -self.critic(fake).mean()

    def configure_optimizers(self) -> tuple[Optimizer, Optimizer]:
        settings = self.hparams
        shared = {"betas": tuple(settings["betas"]), "epsilon": settings["adam_epsilon"]}
        return (
            self.adam(self.critic, settings["critic_learning_rate"], **shared),
            self.adam(self.generator, settings["generator_learning_rate"], **shared),
        )
