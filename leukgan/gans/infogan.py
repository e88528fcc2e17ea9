"""InfoGAN (Chen et al., 2016) on DCGAN's networks."""

from dataclasses import dataclass

import torch
from torch import Tensor

from leukgan.gans.dcgan import DCGAN
from leukgan.gans.latent_codes import CodeSettings, InfoGANCodes


@dataclass(frozen=True, kw_only=True)
class InfoGANSettings(CodeSettings):
    """The original's recipe."""

    generator: str = "transposed"
    latent_size: int = 62
    n_critic: int = 1
    generator_learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.5, 0.999)
    optimizer_epsilon: float = 1e-8


class InfoGAN(InfoGANCodes, DCGAN):
    """DCGAN with codes and uniform noise; its arguments are the fields of `InfoGANSettings`."""

    title = "InfoGAN"
    Settings = InfoGANSettings
    settings: InfoGANSettings

    def noise(self, count: int, source: torch.Generator | None) -> Tensor:
        """Noise (count, Z), uniform in (-1, 1)."""
        device = self._source_device(source)
        return torch.rand(count, self.settings.latent_size, generator=source, device=device) * 2 - 1
