"""WGAN-GP, the study's model (Gulrajani et al., 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import Tensor

from leukgan.gans.critic_scores import Metrics
from leukgan.gans.gan import GAN
from leukgan.gans.losses import gradient_penalty, wasserstein_estimate


class WGANGP(GAN):
    """Wasserstein GAN with gradient penalty, with the study's recipe as defaults.

    Args:
        output_norm: Whether the generator's last convolution is batch-normalised too, as in the Keras example.
        penalty_weight: Weight of the gradient penalty.

    The others are `GAN`'s.
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
        optimizer: str = "adam",
        critic_learning_rate: float = 2e-4,
        generator_learning_rate: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.9),
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

    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        judged, metrics = self.judge(real, fake, condition)
        distance = wasserstein_estimate(judged.real_scores, judged.fake_scores)
        penalty = gradient_penalty(partial(self.critic, condition=condition), real, fake)
        loss = self.hparams["penalty_weight"] * penalty - distance + self.critic_regularisation(judged, condition)
        return loss, metrics | {"wasserstein": distance, "gradient_penalty": penalty}

    def generator_loss(self, fake_scores: Tensor) -> Tensor:
        return -fake_scores.mean()
