"""Info-WGAN-GP: InfoGAN's codes under WGAN-GP's losses, the combination that the study names as future work."""

from __future__ import annotations

from collections.abc import Sequence

from leukgan.gans.latent_codes import InformationGAN
from leukgan.gans.wgan_gp import WGANGP


class InfoWGANGP(InformationGAN, WGANGP):
    """WGAN-GP with codes: the study's recipe and InfoGAN's codes as defaults.

    The arguments are `InformationGAN`'s, and `WGANGP`'s output_norm and penalty_weight.
    """

    def __init__(
        self,
        *,
        image_size: int,
        latent_size: int = 128,
        categories: int = 10,
        continuous_codes: int = 2,
        information_weight: float = 1.0,
        q_update: str = "both",
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
        seed: int = 0,
    ) -> None:
        super(WGANGP, self).__init__()  # past WGANGP's own signature
