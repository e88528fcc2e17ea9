"""Projected GAN (Sauer et al., 2021): a hinge loss on a critic of frozen features, with differentiable augmentation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from leukgan.gans.gan import GAN, Metrics
from leukgan.gans.losses import hinge_loss
from leukgan.gans.projected_critic import ProjectedCritic
from leukgan.gans.settings import PROJECTED, GANSettings


@dataclass(frozen=True, kw_only=True)
class ProjectedGANSettings(GANSettings):
    """The paper's recipe, on the generator for few images; for a GPU, too slow for processor cores."""

    generator: str = "skip_layer"
    critic: str = PROJECTED
    critic_width: int = 64
    critic_dropout: float = 0.0
    n_critic: int = 1
    betas: tuple[float, float] = (0.0, 0.99)
    ema_decay: float = 0.998
    ema_warmup: bool = True
    augmentation: Sequence[str] = ("translation", "cutout", "colour")


class ProjectedGAN(GAN):
    """GAN whose critic judges at four scales of frozen features; its arguments are the fields of its settings.

    Measures in EfficientNet-lite0's features can't judge its images: it learned to please them.
    """

    title = "Projected GAN"
    Settings: ClassVar[type[GANSettings]] = ProjectedGANSettings
    settings: ProjectedGANSettings
    critic: ProjectedCritic

    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        scores, metrics = self.score_batch(real, fake, condition)
        logits = (self.critic.class_logits(part, condition) for part in (scores.real_features, scores.fake_features))
        loss = hinge_loss(*logits)
        return loss + self.critic_regularisation(scores, condition), metrics

    def generator_loss(self, fake_scores: Tensor, score_real: Callable[[], Tensor]) -> Tensor:
        return -fake_scores.mean()
