"""One class's images, served to its GAN."""

from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

from leukgan.data.augmentation import AUGMENTATIONS, check_augmentation, flatten_views
from leukgan.data.batches import CriticBatches, ImageBatches, ResumableLoader, place_images
from leukgan.data.images import CellImages, hash_pixels, join
from leukgan.data.loading import ImageFiles
from leukgan.data.split import Split, hold_out
from leukgan.errors import InputError


class CellData(lightning.LightningDataModule):
    """One split's images: arrays for the classifiers, and batches for the GAN of one class.

    Attributes:
        train: The training part.
        test: The test part.
        sources: Training images of the GAN: those of its class.
        held_out: Validation images of its class.

    Args:
        split: The three parts; or all images, none of them for testing.
        label: The GAN's class; None for one GAN of both classes.
        validation_fraction: Share of the groups of images that is held out, if they come without a split.
        sees_test: Whether the GAN sees the test part too, which leaks it.
        gan_augmentation: Name of the GAN's augmentation, in AUGMENTATIONS.
        classifier_augmentation: Name of the classifiers' augmentation.
        n_critic: Real batches a generator step.
        batch_size: Images a batch, of all processes together.
        generator_steps: Length of the training; None: as long as the trainer goes on.
        steps_per_epoch: Generator steps between two checkpoints, Lightning's epoch.
        seed: Seed of the order.
    """

    def __init__(
        self,
        split: Split | CellImages | ImageFiles,
        *,
        label: int | None = 0,
        validation_fraction: float = 0.0,
        sees_test: bool = False,
        gan_augmentation: str = "orbit",
        classifier_augmentation: str = "rotations",
        n_critic: int = 5,
        batch_size: int = 32,
        generator_steps: int | None = None,
        steps_per_epoch: int = 100,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if batch_size < 2:
            raise InputError(f"batch_size must be at least 2 for batch normalisation, got {batch_size}; take 32.")
        check_augmentation("gan_augmentation", gan_augmentation)
        check_augmentation("classifier_augmentation", classifier_augmentation)

        if not isinstance(split, Split):
            if not isinstance(split, CellImages | ImageFiles):
                raise InputError(
                    f"CellData takes images with their labels, got {type(split).__name__}; list_folder(root=..., "
                    "image_size=...) of leukgan.data.sources.folder reads a folder with a folder for each class."
                )
            split = hold_out(split.load(), validation_fraction, seed)
        self.train, self.test = split.train, split.test
        self.conditional = label is None
        self.gan_augmentation, self.classifier_augmentation = gan_augmentation, classifier_augmentation

        # A GAN that sees the test part sees the validation part too, and nothing is held out.
        seen = join([split.train, split.validation, split.test]) if sees_test else split.train
        held_out = split.validation.part([]) if sees_test else split.validation
        self.sources, self.held_out = (part if label is None else part.of_class(label) for part in (seen, held_out))
        if label is not None and label not in seen.labels:
            known = " or ".join(map(str, np.unique(seen.labels)))
            raise InputError(f"label must be {known}, in the order of the classes' names, or None, got {label!r}.")

        if not len(self.held_out):
            self.val_dataloader = None  # type: ignore[assignment,method-assign]  # how Lightning knows that there is none

        self.order: dict[str, Any] = {
            "n_critic": n_critic,
            "batch_size": batch_size,
            "generator_steps": generator_steps,
            "steps_per_epoch": steps_per_epoch,
            "seed": seed,
        }
        for name in ("n_critic", "batch_size", "generator_steps", "steps_per_epoch"):
            count = self.order[name]
            if not (isinstance(count, int) and count > 0) and (name, count) != ("generator_steps", None):
                raise InputError(f"{name} must be a whole number from 1, got {count!r}.")

    def setup(self, stage: str) -> None:
        if stage == "validate" and not len(self.held_out):
            raise InputError("CellData holds no image out to validate by; give it validation_fraction=0.2, say.")

    @property
    def augmented(self) -> CellImages:
        """The further views of each training image, for the classifiers."""
        further = AUGMENTATIONS[self.classifier_augmentation](self.train.images)[1:]  # (K - 1, N, 3, H, W)
        images = flatten_views(further)
        return CellImages(
            images=images,
            labels=np.tile(self.train.labels, len(further)),
            names=tuple(f"{name} copy {k}" for k in range(1, len(further) + 1) for name in self.train.names),
            sha256=hash_pixels(images),
            classes=self.train.classes,
        )

    def augment(self, images: CellImages) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """All views of images by the GAN's augmentation, (K N, 3, H, W), and labels (K N,); the images come first."""
        views = AUGMENTATIONS[self.gan_augmentation](images.images)  # (K, N, 3, H, W)
        return flatten_views(views), np.tile(images.labels, len(views))

    def train_dataloader(self) -> DataLoader[Any]:
        """n_critic fresh uint8 batches (B, 3, H, W) a generator step, from all views of each image.

        For a GAN of both classes each comes with its labels int64 (B,). On a GPU the views lie in its memory if they
        fill at most a quarter of the free part, else in pinned memory. Each of several processes gets its own share of
        every batch.
        """
        if getattr(self.trainer, "overfit_batches", 0) > 0:
            raise InputError(
                "overfit_batches would take CellData's images in Lightning's order; give CellData a few images "
                "instead, such as images.part(range(8))."
            )

        images, labels = self.augment(self.sources)
        device, order = torch.device("cpu"), {**self.order, "n_images": len(images)}
        if self.trainer is not None:
            device = self.trainer.strategy.root_device
            order |= {"process": self.trainer.global_rank, "processes": self.trainer.world_size}
            progress: Any = self.trainer.fit_loop.epoch_loop.batch_progress.total
            order["count_done"] = lambda: progress.processed

        on_gpu = device.type == "cuda"
        held = place_images(images, device, torch.cuda.mem_get_info(device)[0]) if on_gpu else torch.from_numpy(images)
        batches = ImageBatches(held, labels if self.conditional else None)
        pinned = on_gpu and not held.is_cuda
        return ResumableLoader(batches, sampler=CriticBatches(**order), batch_size=None, pin_memory=pinned)

    def val_dataloader(self) -> DataLoader[Any]:
        """The held-out images, as they are, in batches of uint8 (B, 3, H, W) and labels int64 (B,).

        Each of several processes gets them all: one distance is measured from them.
        """
        pairs = TensorDataset(torch.from_numpy(self.held_out.images), torch.from_numpy(self.held_out.labels))
        everyone: DistributedSampler[Any] = DistributedSampler(pairs, num_replicas=1, rank=0, shuffle=False)
        return DataLoader(pairs, sampler=everyone, batch_size=self.order["batch_size"])

    def state_dict(self) -> dict[str, Any]:
        return {"trained_on": list(self.sources.sha256), "order": {**self.order, "augmentation": self.gan_augmentation}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if state_dict["trained_on"] != list(self.sources.sha256):
            raise InputError("the checkpoint was trained on other images; give another name= or delete it.")
        before, now = state_dict["order"], self.state_dict()["order"]
        changed = [f"{key} was {before.get(key)} and is {now[key]}" for key in now if before.get(key) != now[key]]
        if changed:
            raise InputError(
                f"the checkpoint was trained with other settings ({', '.join(changed)}); "
                "give another name= or delete it."
            )
