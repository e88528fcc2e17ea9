"""The kernel distance to validation images while a GAN trains, and the checkpoint with the smallest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from lightning import LightningModule, Trainer

from leukgan.data.images import CellImages
from leukgan.features import Features
from leukgan.gans.accelerators import distributed
from leukgan.gans.callbacks import RowsFile, write_checkpoint
from leukgan.gans.gan import GAN
from leukgan.metrics.kid import AugmentedFeatures, extract_view_features, kernel_distance, seeded_views
from leukgan.run_folder.paths import GANFolder
from leukgan.statistics.intervals import Estimate

IMAGES = 100  # drawn each time, from the same latents; also the number of views of the validation images


class ValidationKID(RowsFile):
    """Measures, every few generator steps, the KID between the averaged generator's images and validation images.

    kid.csv has each value with its interval, best.ckpt is the checkpoint of the smallest. Values of one training share
    their latents and validation images, so they differ by less than the intervals say.

    Args:
        folder: Folder of the training.
        features: Features in which the distance is computed.
        images: Validation images, at least 2 of the GAN's class, or of both for a class-conditional GAN.
        every: Generator steps between two values, rounded up to whole epochs.
        steps: Generator steps of the whole training; its end is measured too.
    """

    def __init__(self, folder: Path, features: Features, images: CellImages, *, every: int, steps: int) -> None:
        super().__init__(GANFolder(folder).kid)
        self.best_checkpoint = GANFolder(folder).best_checkpoint
        self.features = features
        self.images = images
        self.every = every
        self.steps = steps
        self.real: AugmentedFeatures | None = None

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, GAN)
        step = pl_module.generator_step
        last = self.rows[-1]["generator_step"] if self.rows else 0
        if step - last < self.every and step < self.steps:
            return

        # The first process measures; all have to agree on the best checkpoint.
        own = self.distance(pl_module) if distributed.rank() == 0 else Estimate(0.0)
        kid = Estimate(*distributed.broadcast_from_rank0(own, pl_module.device))

        name = f"kid_{self.features.name}"
        self.add_row(step, {name: kid.value, f"{name}_low": kid.low, f"{name}_high": kid.high})
        if kid.value == min(row[name] for row in self.rows):
            write_checkpoint(trainer, self.best_checkpoint)

    def distance(self, gan: GAN) -> Estimate:
        """The distance between the averaged generator's images and the validation images."""
        if self.real is None:
            self.real = extract_view_features(self.features, seeded_views(self.images.images, IMAGES, seed=0))

        # A class-conditional GAN draws the classes in the validation part's proportion.
        labels = torch.from_numpy(np.resize(self.images.labels, IMAGES)) if gan.classes else None
        drawn = gan.images(gan.latents(IMAGES, labels, torch.Generator().manual_seed(0)))
        return kernel_distance(self.real, self.features(drawn)[None], seed=0)
