"""What a study does to each of its splits, checked and built before any work starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sklearn.pipeline import Pipeline

from leukgan.data.augmentation import copies
from leukgan.data.images import CellImages
from leukgan.data.sources.registry import source_by_target
from leukgan.data.split import Split
from leukgan.data.split_file import own_training_images
from leukgan.features import Features
from leukgan.gans import GAN, Training
from leukgan.run_folder.files import code_version, command, package_versions, processor
from leukgan.tracking.stages import Tracking


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a study does to each of its splits, checked and built before any work starts.

    Attributes:
        config: The resolved settings that make the numbers, as saved beside them.
        folder: The run folder.
        images: All images.
        gan: Makes an untrained GAN from a seed.
        training: How GANs are trained.
        classifiers: Pipelines by name.
        features: What generated images are measured in; None for apps that neither measure nor choose by them.
        track_features: What they are measured in while a GAN trains; None where they are not.
        tracking: Where metrics go besides the run folder.
    """

    config: Mapping[str, Any]
    folder: Path
    images: CellImages
    gan: Callable[..., GAN]
    training: Training
    classifiers: Mapping[str, Pipeline]
    features: Features | None
    track_features: Features | None
    tracking: Tracking

    def memory(self) -> str:
        """The images and what they take of the memory, in words."""
        mebibytes, size = self.images.images.nbytes / 2**20, self.images.images.shape[-1]
        turned = len(copies(self.config["augmentation"]["gan"], self.images.images[:1])) * mebibytes
        return (
            f"{len(self.images)} images of {size} × {size} pixels in {len(set(self.images.groups))} groups: "
            f"{mebibytes:.1f} MiB, and at most {turned:.1f} MiB for what the GANs see of them"
        )

    @property
    def own_training_images(self) -> bool:
        """Whether splits share the test images that the data brings, and no training images."""
        return own_training_images(self.images, self.config["split"])

    def needed_features(self) -> Features:
        """What generated images are measured in, for stages that need it."""
        assert self.features is not None, "an app that measures has to build the features"
        return self.features

    def provenance(self, split: Split, index: int) -> dict[str, Any]:
        """What is run on what, for one split."""
        data, gan, training = dict(self.config["data"]), dict(self.config["gan"]), self.training
        parts = {"train": split.train, "validation": split.validation, "test": split.test}
        return {
            "command": command(),
            "code_version": code_version(),
            "packages": package_versions(),
            "device": device_of(training),
            "precision": training.resolved_precision,
            "seed": self.config["seed"],
            "split": index,
            "protocol": self.config["protocol"],
            "data": {
                "source": source_by_target(data["_target_"]).name,
                "root": data.get("root"),
                "fingerprint": self.images.fingerprint(),
                "classes": list(self.images.classes),
                "counts": {
                    part: {name: len(images.of_class(label)) for label, name in enumerate(self.images.classes)}
                    for part, images in parts.items()
                },
                "groups": {part: len(set(images.groups)) for part, images in parts.items()},
                "image_size": data["image_size"],
                "own_training_images": self.own_training_images,
            },
            "gan": {"name": gan.pop("_target_").rpartition(".")[2], "parameters": gan},
            "classifiers": {},
        }


def device_of(training: Training) -> str:
    """The device that trains the GANs, in words."""
    if training.accelerator == "tpu":
        return f"TPU, cores: {training.devices}"
    if training.device == "cuda":
        return torch.cuda.get_device_name()
    return processor() + (", through XLA" if training.device == "xla" else "")
