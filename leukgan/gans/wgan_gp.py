"""WGAN-GP, the study's model (Gulrajani et al., 2017)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from torch import Tensor

from leukgan.gans.gan import GAN, Metrics
from leukgan.gans.losses import gradient_penalty, wasserstein_estimate
from leukgan.gans.settings import GANSettings, check_number


@dataclass(frozen=True, kw_only=True)
class WGANGPSettings(GANSettings):
    """The study's recipe.

    Attributes:
        penalty_weight: Weight of the gradient penalty, at least 0.
    """

    output_norm: bool = True
    penalty_weight: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("penalty_weight", self.penalty_weight, 0.0)


class WGANGP(GAN):
    """Wasserstein GAN with gradient penalty; its arguments are the fields of `WGANGPSettings`."""

    title = "WGAN-GP"
    penalty_metrics = ("gradient_penalty",)
    Settings: ClassVar[type[GANSettings]] = WGANGPSettings
    settings: WGANGPSettings

    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        scores, metrics = self.score_batch(real, fake, condition)
        distance = wasserstein_estimate(scores.real, scores.fake)
        metrics["wasserstein"] = distance
        loss = -distance

        if self.penalised:
            penalty = gradient_penalty(partial(self.critic, condition=condition), real, fake)
            loss = self.settings.penalty_weight * self.settings.penalty_every * penalty - distance
            metrics["gradient_penalty"] = penalty
        return loss + self.critic_regularisation(scores, condition), metrics

    def generator_loss(self, fake_scores: Tensor, score_real: Callable[[], Tensor]) -> Tensor:
        return -fake_scores.mean()
