"""A trained GAN from its checkpoint, whichever it is, and the images that it was trained on."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch

from leukgan.errors import InputError
from leukgan.gans.gan import GAN, data_state
from leukgan.gans.registry import find_gan


def load_gan(path: Path) -> GAN:
    """The GAN that a training's last.ckpt holds, on the CPU, ready to sample from.

    Raises:
        InputError: No such file, or it is no checkpoint of a GAN of this version of leukgan.
    """
    if not path.is_file():
        raise InputError(f"there is no checkpoint {path}; a training leaves it in its folder as last.ckpt.")
    try:
        gan = find_gan(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["gan"])
        if gan is None:
            raise KeyError("gan")
        return gan.load_from_checkpoint(path, map_location="cpu", weights_only=True)
    except (IndexError, KeyError, TypeError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(f"{path} is no checkpoint of a GAN of this version of leukgan.") from error


def training_images(path: Path) -> list[str]:
    """SHA-256 of every image that the GAN of a checkpoint was trained on."""
    hashes: list[str] = data_state(torch.load(path, map_location="cpu", weights_only=True, mmap=True))["trained_on"]
    return hashes
