"""One class's images, served to its GAN."""

from __future__ import annotations

import hashlib
from typing import Any

import lightning
import numpy as np
from torch.utils.data import DataLoader

from leukgan.data.batches import CriticBatches, ImageBatches, LabelledBatches
from leukgan.data.images import CellImages, join
from leukgan.data.orbit import flat_orbit, rotations
from leukgan.data.split import Split
from leukgan.errors import InputError


class CellData(lightning.LightningDataModule):
    """One split's images: arrays for the classifiers, and batches for the GAN of one class.

    Attributes:
        train: The training part.
        test: The test part.
        sources: What the GAN may see: images of its class.
        held_out: Images of its class that it does not see, of the validation part.

    Args:
        split: The three parts.
        label: The GAN's class; None where one GAN learns both.
        sees_test: Whether the GAN sees the test part too, which leaks it.
        n_critic: Real batches a generator step.
        batch_size: Images a batch.
        generator_steps: Length of the training.
        steps_per_epoch: Generator steps between two checkpoints, Lightning's epoch.
        seed: Of the order.
    """

    def __init__(
        self,
        split: Split,
        *,
        label: int | None = 0,
        sees_test: bool = False,
        n_critic: int = 5,
        batch_size: int = 32,
        generator_steps: int = 1,
        steps_per_epoch: int = 100,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if batch_size < 2:
            raise InputError(f"batch_size must be at least 2 for batch normalisation, got {batch_size}; take 32.")
        self.train, self.test = split.train, split.test
        self.conditional = label is None
        seen = join([split.train, split.validation, split.test]) if sees_test else split.train
        held_out = split.validation.part([]) if sees_test else split.validation
        self.sources, self.held_out = (part if label is None else part.of_class(label) for part in (seen, held_out))
        self.order = {
            "n_critic": n_critic,
            "batch_size": batch_size,
            "generator_steps": generator_steps,
            "steps_per_epoch": steps_per_epoch,
            "seed": seed,
        }

    @property
    def augmented(self) -> CellImages:
        """The other seven rotations of each training image, for the classifiers."""
        copies = rotations(self.train.images)[1:]  # (7, N, 3, H, W)
        return CellImages(
            images=np.ascontiguousarray(copies.reshape(-1, *copies.shape[2:])),
            labels=np.tile(self.train.labels, len(copies)),
            names=tuple(f"{name} rotated {45 * turn}" for turn in range(1, 8) for name in self.train.names),
            sha256=tuple(hashlib.sha256(image.tobytes()).hexdigest() for turn in copies for image in turn),
            classes=self.train.classes,
        )

    def train_dataloader(self) -> DataLoader[Any]:
        """n_critic fresh uint8 batches (B, 3, H, W) a generator step, from the sixteen-image orbit of each image.

        For a GAN of both classes each comes with its labels int64 (B,).
        """
        images = flat_orbit(self.sources.images)  # (16 N, 3, H, W)
        sampler = CriticBatches(n_images=len(images), **self.order)
        if self.trainer is not None:
            # In a continued run, Lightning draws the first batches before it tells the sampler the epoch.
            done: int = self.trainer.lightning_module.generator_step  # type: ignore[assignment]
            sampler.set_epoch(done // self.order["steps_per_epoch"])
        labels = np.tile(self.sources.labels, 16)
        batches = LabelledBatches(images, labels) if self.conditional else ImageBatches(images)
        return DataLoader(batches, sampler=sampler, batch_size=None)

    def state_dict(self) -> dict[str, Any]:
        return {"trained_on": list(self.sources.sha256), "order": self.order}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if state_dict["trained_on"] != list(self.sources.sha256):
            raise InputError("the checkpoint was trained on other images; give another name= or delete it.")
        before = state_dict["order"]
        changed = [f"{key} was {before[key]} and is {now}" for key, now in self.order.items() if before[key] != now]
        if changed:
            raise InputError(
                f"the checkpoint was trained with other settings ({', '.join(changed)}); "
                "give another name= or delete it."
            )
