import pytest

from leukgan.gans import WGANGP

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16, "n_critic": 2}


@pytest.fixture
def gan():
    """Makes a toy GAN that is ready to be trained."""

    def make(**changes):
        module = WGANGP(**TOY | changes).train()
        module.average_generator.eval()
        return module

    return make
