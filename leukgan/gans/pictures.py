"""Pictures of what a GAN draws, written while it trains."""

import numpy as np
from lightning import Callback, LightningModule, Trainer
from numpy.typing import NDArray

from leukgan.data.images import png_bytes
from leukgan.gans.accelerators import distributed
from leukgan.gans.gan import GAN
from leukgan.gans.latent_codes import InfoGANCodes
from leukgan.gans.sampling import code_latents, interpolation_latents, sample_latents
from leukgan.run_folder.files import write_atomic
from leukgan.run_folder.paths import GANFolder

SAMPLES = 6  # rows and columns of the grid of samples


class Pictures(Callback):
    """Draws, after each epoch, a grid of images from the same latents, and interpolations between some of them.

    Every grid of samples stays. The other pictures, interpolations and, for a GAN with codes, codes, are replaced: each
    row goes from one latent to the next, or varies one code and nothing else.
    """

    def __init__(self, folder: GANFolder) -> None:
        self.folder = folder

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, GAN)
        if distributed.rank() > 0:
            return

        size, folder = SAMPLES, self.folder
        grids = {
            folder.sample(pl_module.generator_step): sample_latents(pl_module, size, size),
            folder.interpolation: interpolation_latents(pl_module, rows=size, columns=size + 2),
        }
        if isinstance(pl_module, InfoGANCodes):
            grids[folder.codes] = code_latents(pl_module, columns=max(10, size))
        for path, latents in grids.items():  # (rows, columns, Z + K)
            images = pl_module.images(latents.flatten(0, 1))
            write_atomic(path, png_bytes(image_grid(images, latents.shape[1])))


def image_grid(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """One picture (3, H', W') of images uint8 (N, 3, H, W) row by row; N is a multiple of `columns`."""
    count, channels, height, width = images.shape
    rows = images.reshape(count // columns, columns, channels, height, width)
    return rows.transpose(2, 0, 3, 1, 4).reshape(channels, -1, columns * width)
