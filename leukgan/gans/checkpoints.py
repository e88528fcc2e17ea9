"""A trained GAN from its checkpoint, whichever it is."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch

from leukgan.errors import InputError
from leukgan.gans.dcgan import DCGAN
from leukgan.gans.gan import GAN
from leukgan.gans.info_wgan_gp import InfoWGANGP
from leukgan.gans.infogan import InfoGAN
from leukgan.gans.wgan_gp import WGANGP

GANS: dict[str, type[GAN]] = {gan.__name__: gan for gan in (WGANGP, DCGAN, InfoGAN, InfoWGANGP)}


def load_gan(path: Path) -> GAN:
    """The GAN that a training's last.ckpt holds, on the CPU, ready to sample from.

    Raises:
        InputError: No such file, or it is no checkpoint of a GAN of this version of leukgan.
    """
    if not path.is_file():
        raise InputError(f"there is no checkpoint {path}; a training leaves it in its folder as last.ckpt.")
    try:
        name = torch.load(path, map_location="cpu", weights_only=True, mmap=True)["gan"]
        return GANS[name].load_from_checkpoint(path, map_location="cpu", weights_only=True)
    except (IndexError, KeyError, TypeError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(f"{path} is no checkpoint of a GAN of this version of leukgan.") from error
