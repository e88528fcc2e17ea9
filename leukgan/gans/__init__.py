"""The GANs: what each is, when its networks are updated, how it is trained.

gan.py has the training step (`GAN.step`), losses.py its formulas; wgan_gp.py and its neighbours are a model each.
"""

from leukgan.gans.checkpoints import images_behind, training_images
from leukgan.gans.dcgan import DCGAN
from leukgan.gans.gan import GAN
from leukgan.gans.info_wgan_gp import InfoWGANGP
from leukgan.gans.infogan import InfoGAN
from leukgan.gans.parallel_training import Job, train_in_parallel
from leukgan.gans.projected import ProjectedGAN
from leukgan.gans.r3gan import R3GAN
from leukgan.gans.registry import GANS, gan_title, load_gan, register_gan
from leukgan.gans.sampling import interpolate, seeded_latents
from leukgan.gans.training import Training
from leukgan.gans.validation import ValidationKID
from leukgan.gans.wgan_gp import WGANGP

__all__ = [
    "DCGAN", "GAN", "GANS", "R3GAN", "WGANGP", "InfoGAN", "InfoWGANGP", "Job", "ProjectedGAN", "Training",
    "ValidationKID", "gan_title", "images_behind", "interpolate", "load_gan", "register_gan", "seeded_latents",
    "train_in_parallel", "training_images",
]  # fmt: skip
