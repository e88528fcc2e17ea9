"""Info-WGAN-GP: InfoGAN's codes under WGAN-GP's losses, the combination that the study names as future work."""

from dataclasses import dataclass

from leukgan.gans.latent_codes import CodeSettings, InfoGANCodes
from leukgan.gans.wgan_gp import WGANGP, WGANGPSettings


@dataclass(frozen=True, kw_only=True)
class InfoWGANGPSettings(CodeSettings, WGANGPSettings):
    """The study's recipe with InfoGAN's codes."""

    output_norm: bool = True


class InfoWGANGP(InfoGANCodes, WGANGP):
    """WGAN-GP with codes; its arguments are the fields of `InfoWGANGPSettings`."""

    title = "Info-WGAN-GP"
    Settings = InfoWGANGPSettings
    settings: InfoWGANGPSettings
