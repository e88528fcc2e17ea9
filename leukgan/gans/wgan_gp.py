"""WGAN-GP, the study's model (Gulrajani et al., 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from torch import Tensor, nn

from leukgan.gans.gan import GAN, Metrics
from leukgan.gans.losses import gradient_penalty, wasserstein_estimate
from leukgan.gans.networks import UpsamplingGenerator
from leukgan.gans.settings import GANSettings, check_number


@dataclass(frozen=True, kw_only=True)
class WGANGPSettings(GANSettings):
    """The study's recipe.

    Attributes:
        output_norm: Whether the generator's last convolution is batch-normalised too, as in the Keras example.
        penalty_weight: Weight of the gradient penalty.
    """

    output_norm: bool = True
    penalty_weight: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("penalty_weight", self.penalty_weight, 0.0)


class WGANGP(GAN):
    """Wasserstein GAN with gradient penalty; its arguments are the fields of `WGANGPSettings`."""

    title = "WGAN-GP"
    Settings: ClassVar[type[GANSettings]] = WGANGPSettings
    settings: WGANGPSettings

    def build_generator(self, latent_size: int) -> nn.Module:
        return UpsamplingGenerator(
            image_size=self.settings.image_size,
            latent_size=latent_size,
            width=self.settings.generator_width,
            output_norm=self.settings.output_norm,
        )

    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        scores, metrics = self.score_batch(real, fake, condition)
        distance = wasserstein_estimate(scores.real, scores.fake)
        penalty = gradient_penalty(partial(self.critic, condition=condition), real, fake)
        loss = self.settings.penalty_weight * penalty - distance + self.critic_regularisation(scores, condition)
        return loss, metrics | {"wasserstein": distance, "gradient_penalty": penalty}

    def generator_loss(self, fake_scores: Tensor) -> Tensor:
        return -fake_scores.mean()
