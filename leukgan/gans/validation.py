"""The kernel distance to validation images while a GAN trains, and the checkpoint with the smallest."""

from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer

from leukgan.data.images import CellImages
from leukgan.features import Features
from leukgan.gans.accelerators import distributed
from leukgan.gans.callbacks import KID, RowsFile, write_checkpoint
from leukgan.gans.gan import GAN
from leukgan.gans.kid import ValidationDistance
from leukgan.run_folder.digests import check_digest
from leukgan.run_folder.paths import GANFolder


class ValidationKID(RowsFile):
    """Measures the KID between the averaged generator's and validation images, every few steps and at the end.

    kid.csv has each value with its interval, best.ckpt is the checkpoint of the smallest, if the distance has the power
    to choose one. Values of one training share their latents and validation images, so they differ by less than the
    intervals say.

    Args:
        folder: Folder of the training.
        features: Features in which the distance is computed.
        images: At least 2 of the GAN's class, or of both for a class-conditional GAN.
        every: Generator steps between two values, rounded up to whole epochs.
        has_power: Whether the distance tells faulty images from real ones, as `kid_sees_faults` finds.
    """

    def __init__(
        self,
        folder: Path,
        features: Features,
        images: CellImages,
        *,
        every: int,
        has_power: bool = True,
    ) -> None:
        super().__init__(GANFolder(folder).kid)
        self.best_checkpoint = GANFolder(folder).best_checkpoint
        self.measure = ValidationDistance(features)
        self.images = images
        self.every = every
        self.has_power = has_power

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, GAN)
        step = pl_module.generator_step
        last = self.rows[-1]["generator_step"] if self.rows else 0
        if step - last < self.every and not trainer.should_stop:
            return

        # All processes agree on it, and so on the best checkpoint.
        kid = self.measure(pl_module, self.images.images, self.images.labels)
        name = f"kid_{self.measure.features.name}"
        trainer.callback_metrics[KID] = torch.tensor(kid.value)  # for early stopping, or the checkpoints of the best
        self.add_row(step, kid.columns(name))
        if self.has_power and kid.value == min(row[name] for row in self.rows):
            write_checkpoint(trainer, self.best_checkpoint)

        # To the user's callbacks this is a validation, after which those that monitor a metric look at it.
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            callback.on_validation_end(trainer, pl_module)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        if self.rows and self.has_power and distributed.rank() == 0:
            check_digest(self.best_checkpoint)
