"""DCGAN (Radford et al., 2016), as TensorFlow's tutorial builds it, carried to the study's sizes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from leukgan.gans.critic_scores import Metrics
from leukgan.gans.gan import GAN
from leukgan.gans.losses import cross_entropy, non_saturating_loss
from leukgan.gans.networks import Critic, TransposedGenerator

SLOPE = 0.3  # of LeakyReLU: Keras' default when the tutorial was written


class DCGAN(GAN):
    """GAN with the non-saturating loss and transposed convolutions, with the tutorial's recipe as defaults.

    Its critic is a discriminator: scores are logits of an image being real. The arguments are `GAN`'s.
    """

    def __init__(
        self,
        *,
        image_size: int,
        latent_size: int = 100,
        critic_width: int = 64,
        generator_width: int = 256,
        critic_dropout: float = 0.3,
        n_critic: int = 1,
        optimizer: str = "adam",
        critic_learning_rate: float = 1e-4,
        generator_learning_rate: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.999),
        optimizer_epsilon: float = 1e-7,
        ema_decay: float = 0.99,
        ema_warmup: bool = False,
        augmentation: Sequence[str] = (),
        adaptive_target: float = 0.0,
        adaptive_images: int = 100_000,
        lecam_weight: float = 0.0,
        conditional: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()

    def make_networks(self) -> None:
        settings = self.hparams
        self.critic = Critic(
            image_size=settings["image_size"],
            width=settings["critic_width"],
            dropout=settings["critic_dropout"],
            slope=SLOPE,
            classes=self.classes,
        )
        self.generator = TransposedGenerator(
            image_size=settings["image_size"],
            latent_size=settings["latent_size"] + self.condition_size,
            width=settings["generator_width"],
            slope=SLOPE,
        )

    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        judged, metrics = self.judge(real, fake, condition)
        loss = cross_entropy(judged.real_scores, judged.fake_scores)
        return loss + self.critic_regularisation(judged, condition), metrics

    def generator_loss(self, fake_scores: Tensor) -> Tensor:
        return non_saturating_loss(fake_scores)
