"""What a study does to each of its splits, checked and built before any work starts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from sklearn.pipeline import Pipeline

from leukgan.config import StudySettings
from leukgan.data.augmentation import AUGMENTATIONS
from leukgan.data.images import CellImages
from leukgan.data.sources.registry import source_by_target
from leukgan.data.split import Split
from leukgan.data.split_file import disjoint_training_sets, make_split
from leukgan.features import Features
from leukgan.gans import GAN, Training
from leukgan.gans.trainer_arguments import TrainerExtras
from leukgan.run_folder.files import sha256_of
from leukgan.run_folder.paths import RunFolder
from leukgan.run_folder.provenance import code_version, command, package_versions, processor
from leukgan.study.gan_plan import GANPlan, plan_gans
from leukgan.study.instantiate import instantiate
from leukgan.tracking.stages import Tracking


@dataclass(frozen=True, kw_only=True)
class Study:
    """What a study does to each of its splits."""

    config: StudySettings
    images: CellImages  # all images, with the groups that no split may cross
    external: Mapping[str, CellImages]  # external test sets by name
    training: Training  # how GANs are trained
    extras: TrainerExtras  # callbacks and arguments of Lightning's Trainer that the user adds
    classifiers: Mapping[str, Pipeline]  # untrained pipelines by name
    # What generated images are measured in; None for commands that neither measure nor choose by them.
    features: Features | None
    track_features: Features | None  # what they are measured in while a GAN trains; None to not measure
    tracking: Tracking  # where metrics go besides the run folder

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.config.run(self.config.name))

    def build_gan(self, seed: int) -> GAN:
        of_study = {"seed": seed, "classes": len(self.gan_plan.kinds)}
        gan: GAN = instantiate("gan", self.config.gan_constructor | of_study)
        return gan

    @cached_property
    def gan_plan(self) -> GANPlan:
        """The GANs of each split; of images that another generator made, the classes alone.

        Raises:
            InputError: gan.per=member, and the data has no members.
        """
        given, constructor = self.config.given, self.config.gan_constructor
        per = "class" if given else self.config.gan_per
        conditional = not given and instantiate("gan", constructor | {"seed": 0}).classes > 0
        return plan_gans(self.images, per=per, conditional=conditional)

    def split(self, index: int) -> Split:
        return make_split(self.images, asdict(self.config.split), index=index, seed=self.config.seed)

    @property
    def own_training_images(self) -> bool:
        """Whether splits share the test images that the data brings, and no training images."""
        return disjoint_training_sets(self.images, asdict(self.config.split))

    def needed_features(self) -> Features:
        """What generated images are measured in, for stages that need it."""
        assert self.features is not None, "a command that measures has to build the features"
        return self.features

    def describe_memory(self) -> str:
        """The images and the memory that they take."""
        mebibytes, size = self.images.images.nbytes / 2**20, self.images.images.shape[-1]
        images = f"{len(self.images)} images of {size} × {size} pixels in {len(set(self.images.groups))} groups"
        if self.config.given:
            return f"{images}: {mebibytes:.1f} MiB"
        seen = len(AUGMENTATIONS[self.config.augmentation.gan](self.images.images[:1])) * mebibytes
        return f"{images}: {mebibytes:.1f} MiB, and at most {seen:.1f} MiB for what the GANs see of them"

    def provenance(self, split: Split, index: int) -> dict[str, Any]:
        """What runs on what, for one split."""
        config, classes = self.config, self.images.classes
        parts = {"train": split.train, "validation": split.validation, "test": split.test}

        data = {
            "source": source_by_target(config.source["_target_"]).name,
            "root": config.source.get("root"),
            "fingerprint": self.images.fingerprint(),
            "classes": list(classes),
            "counts": {
                part: {name: len(images.of_class(label)) for label, name in enumerate(classes)}
                for part, images in parts.items()
            },
            "groups": {part: len(set(images.groups)) for part, images in parts.items()},
            "image_size": config.source["image_size"],
            "own_training_images": self.own_training_images,
            "external": {
                name: {
                    **config.external[name],
                    "fingerprint": images.fingerprint(),
                    "counts": {of: len(images.of_class(label)) for label, of in enumerate(classes)},
                    "groups": len(set(images.groups)),
                }
                for name, images in self.external.items()
            },
        }

        return {
            "command": command(),
            "code_version": code_version(),
            "packages": package_versions(),
            "device": _describe_device(self.training),
            "precision": self.training.resolved_precision,
            "seed": config.seed,
            "split": index,
            "protocol": config.protocol_of_rows,
            "data": data,
            "gan": None if config.given else _describe_gan(config),
            "classifiers": {},
        }


def _describe_gan(config: StudySettings) -> dict[str, Any]:
    gan = config.gan_constructor
    start = gan.get("start_from")
    return {
        "name": gan["_target_"].rpartition(".")[2],
        "parameters": {name: value for name, value in gan.items() if name != "_target_"},
        **({"per": config.gan_per} if config.gan_per != "class" else {}),
        **({"start_from_sha256": sha256_of(Path(start))} if start is not None else {}),
    }


def _describe_device(training: Training) -> str:
    if training.accelerator == "tpu":
        return f"TPU, cores: {training.devices}"
    if training.device == "cuda":
        return torch.cuda.get_device_name()
    return processor() + (", through XLA" if training.device == "xla" else "")
