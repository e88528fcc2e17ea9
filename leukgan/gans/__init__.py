"""The GANs: what each is, when its networks are updated, how it is trained."""

from leukgan.gans.checkpoints import load_gan
from leukgan.gans.dcgan import DCGAN
from leukgan.gans.gan import GAN
from leukgan.gans.info_wgan_gp import InfoWGANGP
from leukgan.gans.infogan import InfoGAN
from leukgan.gans.parallel_training import Job, train_side_by_side
from leukgan.gans.sampling import interpolate, seeded_latents
from leukgan.gans.training import Training
from leukgan.gans.validation import ValidationKID
from leukgan.gans.wgan_gp import WGANGP

__all__ = [
    "DCGAN", "GAN", "WGANGP", "InfoGAN", "InfoWGANGP", "Job", "Training", "ValidationKID",
    "interpolate", "load_gan", "seeded_latents", "train_side_by_side",
]  # fmt: skip
