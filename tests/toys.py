"""Toy cells and toy GANs: a step takes milliseconds and does all that a real one does."""

import numpy as np

from leukgan.config import SplitSettings
from leukgan.data.datamodule import CellData
from leukgan.data.images import CellImages
from leukgan.data.split import Split
from leukgan.gans import GAN, InfoGAN, InfoWGANGP

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16, "n_critic": 2}
CODES = {"categories": 3, "continuous_codes": 2}


def toy_images(count: int = 6, seed: int = 0, classes: int = 1) -> CellImages:
    """Bright images of one class, or of both in turn."""
    return CellImages(
        images=np.random.default_rng(seed).integers(150, 256, (count, 3, 32, 32), dtype=np.uint8),
        labels=np.arange(count) % classes,
        names=tuple(f"cell-{seed}-{i}" for i in range(count)),
        sha256=tuple(f"{seed}-{i}" for i in range(count)),
        classes=("healthy", "leukemia"),
    )


def toy_data(images: CellImages | None = None, held_out: CellImages | None = None, **changes) -> CellData:
    order = {"n_critic": 2, "batch_size": 4, "generator_steps": 3, "steps_per_epoch": 100, "seed": 0} | changes
    images = images or toy_images()
    nothing = images.part([])
    return CellData(Split(train=images, validation=held_out or nothing, test=nothing), **order)


def toy_gan(kind: type[GAN], **changes) -> GAN:
    return kind(**TOY | (CODES if kind in (InfoGAN, InfoWGANGP) else {}) | changes)


def split_settings(**changes):
    """The settings of a study's splits: one split of training and test part by default."""
    fixed = {"count": 1, "indices": None, "test_fraction": 0.2, "validation_fraction": 0.0, "train_per_class": None}
    return SplitSettings(**fixed | {"group_repeats": True, "group_blocks": None, "file": None} | changes)
