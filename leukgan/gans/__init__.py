"""The GANs: what each is, when its networks are updated, how it is trained."""

from leukgan.gans.base import GAN
from leukgan.gans.side_by_side import Job, train_side_by_side
from leukgan.gans.training import Training
from leukgan.gans.wgan_gp import WGANGP

__all__ = ["GAN", "WGANGP", "Job", "Training", "train_side_by_side"]
