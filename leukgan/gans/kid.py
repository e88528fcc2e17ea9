"""The kernel distance between a GAN's images and validation images, and Lightning's validation, which logs it."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leukgan.data.batches import check_images, not_images, single_batch
from leukgan.errors import InputError
from leukgan.features import Features, PooledEfficientNet
from leukgan.gans.accelerators import distributed
from leukgan.gans.model import GANModel
from leukgan.metrics.kid import AugmentedFeatures, extract_view_features, kernel_distance, seeded_views
from leukgan.statistics.intervals import Estimate

IMAGES = 100  # drawn each time, from the same latents; also the number of views of the validation images


class ValidationDistance:
    """Measures the KID between the averaged generator's and validation images in some features."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self.images: NDArray[np.uint8] | None = None  # of which the features are known
        self.real: AugmentedFeatures | None = None

    def __call__(self, gan: GANModel, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> Estimate:
        """The distance from validation images uint8 (N, 3, H, W), N at least 2, with labels (N,).

        The first process measures it, and all know it.
        """
        own = self._measure(gan, images, labels) if distributed.rank() == 0 else Estimate(0.0)
        return Estimate(*distributed.broadcast_from_rank0(own, gan.device))

    def _measure(self, gan: GANModel, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> Estimate:
        if self.images is None or not np.array_equal(self.images, images):
            self.images = images
            self.real = extract_view_features(self.features, seeded_views(images, IMAGES, seed=0))
        assert self.real is not None

        # A class-conditional GAN draws the classes in the validation images' proportion.
        drawn_labels = torch.from_numpy(np.resize(labels, IMAGES)) if gan.classes else None
        drawn = gan.images(gan.latents(IMAGES, drawn_labels, torch.Generator().manual_seed(0)))
        return kernel_distance(self.real, self.features(drawn)[None], seed=0)


class ValidatedGAN(GANModel):
    """A GAN that Lightning validates: val/kid, val/kid_low and val/kid_high, of all images of a validation's batches.

    Attributes:
        features: Features in which the distance is computed; None: EfficientNet-lite0's, as in a study.
    """

    features: Features | None = None
    _distance: ValidationDistance | None = None

    def on_validation_epoch_start(self) -> None:
        self.held_out: list[Tensor] = []
        self.held_out_labels: list[Tensor] = []

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        single = single_batch(batch)
        if single is None:
            raise not_images(batch)
        images, labels = single
        if labels is None and self.classes:
            raise InputError("a class-conditional GAN is validated by batches of images and labels, got no labels.")
        self.held_out.append(check_images(images, self.settings.image_size).cpu())
        self.held_out_labels.append(torch.zeros(len(images), dtype=torch.int64) if labels is None else labels.cpu())

    def on_validation_epoch_end(self) -> None:
        images, labels = torch.cat(self.held_out).numpy(), torch.cat(self.held_out_labels).numpy()
        if len(images) < 2:
            raise InputError(
                f"val/kid needs 2 validation images or more, got {len(images)}; hold out more, or set the trainer's "
                "limit_val_batches=0."
            )

        self.features = self.features or PooledEfficientNet()
        if self._distance is None or self._distance.features is not self.features:
            self._distance = ValidationDistance(self.features)
        kid = self._distance(self, images, labels)
        self.log_dict(kid.columns("val/kid"), sync_dist=distributed.world_size() > 1)
