"""Checkpoints of toy GANs as a trainer writes them, untrained: what is drawn from them is as good as any."""

import logging

import lightning
import pytest

from leukgan.gans import WGANGP, InfoGAN

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16}


@pytest.fixture(scope="session")
def save(tmp_path_factory):
    """Writes the checkpoint of a GAN."""

    def checkpoint_of(gan):
        logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
        trainer = lightning.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, barebones=True)
        trainer.strategy.connect(gan)
        path = tmp_path_factory.mktemp("gan") / "last.ckpt"
        trainer.save_checkpoint(path, weights_only=True)
        return path

    return checkpoint_of


@pytest.fixture(scope="session")
def checkpoint(save):
    return save(WGANGP(**TOY, seed=5))


@pytest.fixture(scope="session")
def conditional(save):
    return save(WGANGP(**TOY, conditional=True))


@pytest.fixture(scope="session")
def informed(save):
    return save(InfoGAN(**TOY))


@pytest.fixture(scope="session")
def sharp(save):
    """A larger GAN of stark contrast, in whose images differences of rounding show."""
    gan = WGANGP(image_size=64, critic_width=4, generator_width=64)
    for module in gan.average_generator.modules():
        if hasattr(module, "running_var"):
            module.running_var.mul_(0.05)
    return save(gan)
