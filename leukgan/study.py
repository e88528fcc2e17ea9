"""One split of the study: parts, GANs, generated images, scores; each made once and tied to the last by its hash."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline

from leukgan.classification import classifier_title, evaluate
from leukgan.data.datamodule import CellData
from leukgan.data.images import CellImages, join, png_bytes
from leukgan.data.split import Split, seed_of, split_images
from leukgan.errors import InputError
from leukgan.gans import GAN, Job, Training, load_gan, train_side_by_side
from leukgan.generation import MANIFEST, read_generated, write_generated
from leukgan.runs import (
    code_version,
    package_versions,
    processor,
    sha256_of,
    write_atomic,
)
from leukgan.split_folder import SplitFolder
from leukgan.tracking import Tracking

CONDITIONAL = "conditional"  # folder of the GAN that learns both classes
REAL_SAMPLES = 8  # real training images of a class kept for the figures


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
        tracking: Where metrics go besides the run folder.
    """

    config: Mapping[str, Any]
    folder: Path
    images: CellImages
    gan: Callable[..., GAN]
    training: Training
    classifiers: Mapping[str, Pipeline]
    tracking: Tracking


class SplitRun:
    """One split's folder and the stages that fill it.

    Each stage does only what its folder lacks, so that a stopped study goes on where it was.

    Args:
        plan: What to do.
        index: The split's number, from 0.

    Raises:
        InputError: The folder holds a split made with other settings.
    """

    def __init__(self, plan: Plan, index: int) -> None:
        self.plan = plan
        self.config = plan.config
        self.index = index
        self.classes = plan.images.classes
        self.folder = plan.folder / f"split-{index:02d}"
        self.made = SplitFolder(self.folder, plan.config, plan.images.fingerprint())

    @cached_property
    def split(self) -> Split:
        """The training, validation and test part."""
        return split_images(
            self.plan.images,
            index=self.index,
            seed=self.config["seed"],
            **self.config["split"],
        )

    def prepare(self) -> None:
        """Write the split, its settings and where it comes from."""
        if self.made.provenance:
            return
        split = self.split
        for label, name in enumerate(self.classes):
            pixels = split.train.of_class(label).images
            chosen = np.random.default_rng(seed_of(self.config["seed"], self.index, label)).permutation(len(pixels))
            for position, image in enumerate(pixels[chosen[:REAL_SAMPLES]]):
                write_atomic(self.folder / "real" / name / f"{position:02d}.png", png_bytes(image))
        self.made.open(self.config, split.as_json(), self.provenance())

    def provenance(self) -> dict[str, Any]:
        """What is run on what."""
        data, gan, training = dict(self.config["data"]), dict(self.config["gan"]), self.plan.training
        parts = {"train": self.split.train, "validation": self.split.validation, "test": self.split.test}
        return {
            "command": shlex.join(["python", *sys.argv]),
            "code_version": code_version(),
            "packages": package_versions(),
            "device": processor() if training.device == "cpu" else torch.cuda.get_device_name(),
            "precision": training.resolved_precision,
            "seed": self.config["seed"],
            "split": self.index,
            "protocol": self.config["protocol"],
            "data": {
                "source": data["_target_"].rpartition(".")[2].partition("_")[2],
                "root": data.get("root"),
                "fingerprint": self.plan.images.fingerprint(),
                "classes": list(self.classes),
                "counts": {
                    part: {name: len(images.of_class(label)) for label, name in enumerate(self.classes)}
                    for part, images in parts.items()
                },
                "image_size": data["image_size"],
            },
            "gan": {"name": gan.pop("_target_").rpartition(".")[2], "parameters": gan},
            "classifiers": {},
        }

    @cached_property
    def conditional(self) -> bool:
        """Whether one GAN learns both classes."""
        return self.plan.gan(seed=0).classes > 0

    def gan_of(self, label: int) -> str:
        """The folder of the GAN that draws a class, below gan/."""
        return CONDITIONAL if self.conditional else self.classes[label]

    def train_gans(self, labels: Sequence[int] = (0, 1)) -> None:
        """Train the GANs of some classes, side by side where there are cores for it."""
        wanted = {self.gan_of(label): None if self.conditional else label for label in labels}
        missing = {name: label for name, label in wanted.items() if not self.made.is_made("gan", name, "last.ckpt")}
        if not missing:
            return
        jobs = []
        for name, label in missing.items():
            seed = seed_of(self.config["seed"], self.index, label or 0)
            gan = self.plan.gan(seed=seed)
            data = CellData(
                self.split,
                label=label,
                sees_test=self.config["protocol"] == "paper",
                n_critic=gan.hparams["n_critic"],
                batch_size=self.config["batch_size"],
                generator_steps=self.config["generator_steps"],
                steps_per_epoch=self.config["checkpoint_every"],
                seed=seed,
            )
            folder = self.folder / "gan" / name
            tracked = self.tracked("gan", f"gan-{name}")
            jobs.append(Job(name, gan, data, folder, self.plan.training, self.plan.tracking, tracked))
        with self.made.stage("gan"):
            train_side_by_side(jobs)
            for name in missing:
                self.made.record("gan", name, "last.ckpt")

    def generate(self, labels: Sequence[int] = (0, 1)) -> None:
        """Draw the images of some classes from their GANs."""
        for label in labels:
            name, gan_name = self.classes[label], self.gan_of(label)
            if self.made.is_made("generated", name, MANIFEST):
                continue
            if not self.made.is_made("gan", gan_name, "last.ckpt"):
                raise InputError(
                    f"{self.folder / 'gan' / gan_name} has no trained GAN; run experiments/train_gan.py first."
                )
            with self.made.stage("generation"):
                write_generated(
                    load_gan(self.folder / "gan" / gan_name / "last.ckpt"),
                    self.folder / "generated" / name,
                    count=self.config["generation"]["per_class"],
                    seed=seed_of(self.config["seed"], self.index, label, 1),
                    class_name=name,
                    label=label,
                    checkpoint=self.made.chain["gan"][gan_name],
                )
                self.made.record("generated", name, MANIFEST)

    def classify(self, show: Callable[[str], None]) -> None:
        """Train every classifier on every training set and write scores, predictions and losses."""
        files = {name: self.folder / f"{name}.csv" for name in ("scores", "predictions", "classifier_loss")}
        chain = self.made.provenance.get("chain", {})
        if all(path.exists() and chain.get(name) == sha256_of(path) for name, path in files.items()):
            return
        data, generated = CellData(self.split), self.generated()
        titles = {name: classifier_title(name, pipeline) for name, pipeline in self.plan.classifiers.items()}
        self.made.provenance["classifiers"] = titles
        with self.made.stage("classification"), self.tracking("classifiers") as run:
            results = evaluate(
                self.plan.classifiers,
                self.config["training_sets"],
                train=data.train,
                augmented=data.augmented,
                generated=generated,
                test=data.test,
                context={"split": self.index, "seed": self.config["seed"], "protocol": self.config["protocol"]},
                on_progress=show,
            )
            frames = (results.scores, results.predictions, results.losses)
            for (name, path), frame in zip(files.items(), frames, strict=True):
                write_atomic(path, frame.to_csv(index=False))
                self.made.chain[name] = sha256_of(path)
            if run is not None:
                run.log({"scores": wandb_table(results.scores)})

    def generated(self) -> CellImages:
        """The images of both GANs, none of whose makers may have seen a test image under the clean protocol."""
        parts = []
        for label, name in enumerate(self.classes):
            if not self.made.is_made("generated", name, MANIFEST):
                raise InputError(f"{self.folder / 'generated' / name} is not whole; run experiments/generate.py first.")
            self.check_leak(self.folder / "gan" / self.gan_of(label) / "last.ckpt")
            parts.append(read_generated(self.folder / "generated" / name, classes=self.classes))
        return join(parts)

    def check_leak(self, checkpoint: Path) -> None:
        """Refuse a GAN that has seen test images, unless the protocol says so and stamps every row."""
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        seen = set(state["CellData"]["trained_on"]) & set(self.split.test.sha256)
        if seen and self.config["protocol"] == "clean":
            raise InputError(
                f"{checkpoint} was trained on {len(seen)} images of the test part, which protocol=clean forbids; "
                "delete the split's folder, or take protocol=paper."
            )

    def tracked(self, job_type: str, name: str) -> dict[str, Any]:
        """What the tracker's run of a stage is called."""
        study = str(self.config["name"])
        return {"name": f"{study}-{self.index:02d}-{name}", "group": study, "job_type": job_type, "config": self.config}

    def tracking(self, job_type: str) -> Any:
        """The tracker's run of a stage in this process."""
        return self.plan.tracking.run(self.folder, **self.tracked(job_type, job_type))


def wandb_table(frame: Any) -> Any:
    """A data frame as a table of Weights & Biases."""
    import wandb

    return wandb.Table(dataframe=frame)
