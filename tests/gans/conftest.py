"""Toy cells, toy GANs and their trainings: a step takes milliseconds and does all that a real one does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from two_processes import two_processes

from leukgan.data.datamodule import CellData
from leukgan.data.images import CellImages
from leukgan.data.split import Split
from leukgan.gans import DCGAN, GAN, WGANGP, InfoGAN, InfoWGANGP, Training

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16, "n_critic": 2}
CODES = {"categories": 3, "continuous_codes": 2}
KINDS = (WGANGP, DCGAN, InfoGAN, InfoWGANGP)


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


@pytest.fixture(scope="session")
def images() -> Callable[..., CellImages]:
    return toy_images


@pytest.fixture(scope="session")
def data() -> Callable[..., CellData]:
    return toy_data


@pytest.fixture(scope="session")
def gan_of() -> Callable[..., GAN]:
    """Makes a toy GAN of a kind."""
    return toy_gan


@pytest.fixture(scope="session")
def gan() -> Callable[..., WGANGP]:
    return lambda **changes: toy_gan(WGANGP, **changes)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def any_gan(request) -> Callable[..., GAN]:
    """Makes a toy GAN of each kind."""
    return lambda **changes: toy_gan(request.param, **changes)


@pytest.fixture(params=[WGANGP, DCGAN], ids=lambda kind: kind.__name__)
def conditional_gan(request) -> Callable[..., GAN]:
    """Makes a toy GAN of each kind that can learn both classes."""
    return lambda **changes: toy_gan(request.param, conditional=True, **changes)


@pytest.fixture(scope="session")
def both() -> Iterator[Callable[..., list]]:
    """Calls a function in two processes that share a training, and gives the list of their results."""
    with two_processes() as call:
        yield call


@pytest.fixture
def fit(tmp_path) -> Callable[..., Path]:
    """Trains a GAN on toy data for some generator steps and returns its checkpoint."""

    def train(gan: GAN, steps: int = 3, precision: str = "32-true", **changes) -> Path:
        both = {"images": toy_images(classes=2), "label": None} if gan.classes else {}
        order = {"generator_steps": steps, "n_critic": gan.hparams["n_critic"]}
        training = Training(accelerator="cpu", precision=precision, log_every=1)
        return training.fit(gan, toy_data(**both | order | changes), tmp_path, report=lambda step, metrics: None)

    return train
