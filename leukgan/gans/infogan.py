"""InfoGAN (Chen et al., 2016) on DCGAN's networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from leukgan.gans.accelerators import distributed
from leukgan.gans.dcgan import DCGAN
from leukgan.gans.latent_codes import InformationGAN


class InfoGAN(InformationGAN, DCGAN):
    """DCGAN with codes, with the original's recipe as defaults; its noise is uniform.

    The arguments are `InformationGAN`'s.
    """

    def __init__(
        self,
        *,
        image_size: int,
        latent_size: int = 62,
        categories: int = 10,
        continuous_codes: int = 2,
        information_weight: float = 1.0,
        q_update: str = "both",
        critic_width: int = 64,
        generator_width: int = 256,
        critic_dropout: float = 0.3,
        n_critic: int = 1,
        optimizer: str = "adam",
        critic_learning_rate: float = 2e-4,
        generator_learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.5, 0.999),
        optimizer_epsilon: float = 1e-8,
        ema_decay: float = 0.99,
        ema_warmup: bool = False,
        augmentation: Sequence[str] = (),
        adaptive_target: float = 0.0,
        adaptive_images: int = 100_000,
        lecam_weight: float = 0.0,
        seed: int = 0,
    ) -> None:
        super(DCGAN, self).__init__()  # past DCGAN's own signature

    def noise(self, count: int, source: torch.Generator | None) -> Tensor:
        """Noise (count, Z), uniform in (-1, 1)."""
        size, device = self.hparams["latent_size"], self.device_of(source)
        noise = distributed.drawn(lambda rows: torch.rand(rows, size, generator=source, device=device), count, source)
        return noise * 2 - 1
