"""DCGAN (Radford et al., 2016), as TensorFlow's tutorial builds it, carried to the study's sizes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from leukgan.gans.gan import GAN, Metrics
from leukgan.gans.losses import cross_entropy, non_saturating_loss
from leukgan.gans.settings import GANSettings


@dataclass(frozen=True, kw_only=True)
class DCGANSettings(GANSettings):
    """The tutorial's recipe."""

    generator: str = "transposed"
    latent_size: int = 100
    n_critic: int = 1
    critic_learning_rate: float = 1e-4
    generator_learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.999)


class DCGAN(GAN):
    """GAN with the non-saturating loss and transposed convolutions; its arguments are the fields of `DCGANSettings`.

    Its critic is a discriminator: scores are logits of an image being real.
    """

    title = "DCGAN"
    slope = 0.3  # Keras' default when the tutorial was written
    Settings: ClassVar[type[GANSettings]] = DCGANSettings

    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        scores, metrics = self.score_batch(real, fake, condition)
        loss = cross_entropy(scores.real, scores.fake)
        return loss + self.critic_regularisation(scores, condition), metrics

    def generator_loss(self, fake_scores: Tensor, score_real: Callable[[], Tensor]) -> Tensor:
        return non_saturating_loss(fake_scores)
