"""Toy cells, toy GANs and their trainings: a step takes milliseconds and does all that a real one does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from leukgan.data.datamodule import CellData
from leukgan.data.images import CellImages
from leukgan.data.split import Split
from leukgan.gans import WGANGP, Training

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16, "n_critic": 2}


def toy_images(count: int = 6, seed: int = 0) -> CellImages:
    """Bright images of one class."""
    return CellImages(
        images=np.random.default_rng(seed).integers(150, 256, (count, 3, 32, 32), dtype=np.uint8),
        labels=np.zeros(count, dtype=np.int64),
        names=tuple(f"cell-{seed}-{i}" for i in range(count)),
        sha256=tuple(f"{seed}-{i}" for i in range(count)),
        classes=("healthy", "leukemia"),
    )


def toy_data(images: CellImages | None = None, **changes) -> CellData:
    order = {"n_critic": 2, "batch_size": 4, "generator_steps": 3, "steps_per_epoch": 100, "seed": 0} | changes
    images = images or toy_images()
    return CellData(Split(train=images, test=images.part([])), **order)


@pytest.fixture(scope="session")
def images() -> Callable[..., CellImages]:
    return toy_images


@pytest.fixture(scope="session")
def data() -> Callable[..., CellData]:
    return toy_data


@pytest.fixture(scope="session")
def gan() -> Callable[..., WGANGP]:
    return lambda **changes: WGANGP(**TOY | changes)


@pytest.fixture
def fit(tmp_path) -> Callable[..., Path]:
    """Trains a GAN on toy data for some generator steps and returns its checkpoint."""

    def train(gan: WGANGP, steps: int = 3, precision: str = "32-true", **changes) -> Path:
        order = {"generator_steps": steps, "n_critic": gan.hparams["n_critic"]} | changes
        training = Training(accelerator="cpu", precision=precision, log_every=1)
        return training.fit(gan, toy_data(**order), tmp_path, report=lambda step, metrics: None)

    return train
