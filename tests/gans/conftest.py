"""Toy cells, toy GANs and their trainings."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gans.two_processes import two_processes
from toys import toy_data, toy_gan, toy_images

from leukgan.data.datamodule import CellData
from leukgan.data.images import CellImages
from leukgan.gans import DCGAN, GAN, R3GAN, WGANGP, InfoGAN, InfoWGANGP, Training

KINDS = (WGANGP, DCGAN, InfoGAN, InfoWGANGP, R3GAN)


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


@pytest.fixture(params=[WGANGP, DCGAN, R3GAN], ids=lambda kind: kind.__name__)
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
        return training.fit(gan, toy_data(**both | order | changes), tmp_path, progress=lambda step, metrics: None)

    return train
