"""What a study does to each of its splits, checked and built before any work starts."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sklearn.pipeline import Pipeline

from leukgan.data.images import CellImages
from leukgan.data.split import Split
from leukgan.features import Features
from leukgan.gans import GAN, Training
from leukgan.runs import code_version, package_versions, processor
from leukgan.tracking import Tracking


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

    def needed_features(self) -> Features:
        """What generated images are measured in, for stages that need it."""
        assert self.features is not None, "an app that measures has to build the features"
        return self.features

    def provenance(self, split: Split, index: int) -> dict[str, Any]:
        """What is run on what, for one split."""
        data, gan, training = dict(self.config["data"]), dict(self.config["gan"]), self.training
        parts = {"train": split.train, "validation": split.validation, "test": split.test}
        return {
            "command": shlex.join(["python", *sys.argv]),
            "code_version": code_version(),
            "packages": package_versions(),
            "device": processor() if training.device == "cpu" else torch.cuda.get_device_name(),
            "precision": training.resolved_precision,
            "seed": self.config["seed"],
            "split": index,
            "protocol": self.config["protocol"],
            "data": {
                "source": data["_target_"].rpartition(".")[2].partition("_")[2],
                "root": data.get("root"),
                "fingerprint": self.images.fingerprint(),
                "classes": list(self.images.classes),
                "counts": {
                    part: {name: len(images.of_class(label)) for label, name in enumerate(self.images.classes)}
                    for part, images in parts.items()
                },
                "image_size": data["image_size"],
            },
            "gan": {"name": gan.pop("_target_").rpartition(".")[2], "parameters": gan},
            "classifiers": {},
        }
