"""One split of the study: parts, GANs, generated images, scores; each made once and tied to the last by its hash."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.audit import audit
from leukgan.checks import check_choice
from leukgan.classification import classifier_title, evaluate, masked_controls
from leukgan.data.datamodule import CellData
from leukgan.data.images import CellImages, join, png_bytes
from leukgan.data.split import Split, seed_of
from leukgan.data.split_file import split_of
from leukgan.errors import InputError
from leukgan.gans import GAN, Job, ValidationKID, load_gan, train_side_by_side
from leukgan.gans.callbacks import image_grid
from leukgan.generation import MANIFEST, read_generated, select, write_generated
from leukgan.measuring import measure
from leukgan.plan import Plan
from leukgan.quality import masked_parts
from leukgan.runs import read_json, write_atomic
from leukgan.split_folder import CONDITIONAL, SplitFolder
from leukgan.tracking import Stage, TrackedRun, stage_of

REAL_SAMPLES = 8  # real training images of a class kept for the figures
MEASURED = ("quality", "copies", "copying", "cells")
CLASSIFIED = ("scores", "predictions", "classifier_loss", "controls", "control_predictions")


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
        """The training, validation and test part.

        Raises:
            InputError: The images can't be split so, or the folder holds another split.
        """
        split = split_of(self.plan.images, self.config["split"], index=self.index, seed=self.config["seed"])
        if self.made.provenance and read_json(self.folder / "split.json") != split.as_json():
            raise InputError(f"{self.folder} was made with another split; give another name= or delete the folder.")
        return split

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
        self.made.open(self.config, split.as_json(), self.plan.provenance(split, self.index))

    @cached_property
    def conditional(self) -> bool:
        """Whether one GAN learns both classes."""
        return self.plan.gan(seed=0).classes > 0

    def gan_of(self, label: int) -> str:
        """The folder of the GAN that draws a class, below gan/."""
        return CONDITIONAL if self.conditional else self.classes[label]

    def train_gans(self, labels: Sequence[int] = (0, 1), watch: Callable[[], None] = lambda: None) -> None:
        """Train the GANs of some classes, side by side where there are cores for it; `watch` may end them."""
        wanted = {self.gan_of(label): None if self.conditional else label for label in labels}
        missing = {name: label for name, label in wanted.items() if not self.made.is_made("gan", name, "last.ckpt")}
        if not missing:
            return
        with self.made.stage("gan"):
            train_side_by_side([self.job(name, label) for name, label in missing.items()], watch=watch)
            for name in missing:
                self.made.record("gan", name, "last.ckpt")
                if (self.folder / "gan" / name / "best.ckpt").exists():
                    self.made.record("best", name, "best.ckpt", folder="gan")

    def job(self, name: str, label: int | None) -> Job:
        """The training of one GAN."""
        seed = seed_of(self.config["seed"], self.index, label or 0)
        gan = self.plan.gan(seed=seed)
        data = CellData(
            self.split,
            label=label,
            sees_test=self.config["protocol"] == "paper",
            gan_augmentation=self.config["augmentation"]["gan"],
            n_critic=gan.hparams["n_critic"],
            batch_size=self.config["batch_size"],
            generator_steps=self.config["generator_steps"],
            steps_per_epoch=self.config["checkpoint_every"],
            seed=seed,
        )
        folder = self.folder / "gan" / name
        validation = None
        if self.plan.track_features is not None and len(data.held_out) > 1:
            every, steps = self.config["quality"]["track_every"], self.config["generator_steps"]
            validation = ValidationKID(folder, self.plan.track_features, data.held_out, every=every, steps=steps)
        stage = self.stage("gan", f"gan-{name}")
        return Job(name, gan, data, folder, self.plan.training, self.plan.tracking, stage, validation)

    def checkpoint_of(self, label: int) -> tuple[Path, str]:
        """The checkpoint that draws a class's images, and its hash.

        Raises:
            InputError: There is none.
        """
        name = self.gan_of(label)
        if not self.made.is_made("gan", name, "last.ckpt"):
            raise InputError(f"{self.folder / 'gan' / name} has no trained GAN; run experiments/train_gan.py first.")
        best = self.made.chain.get("best", {}).get(name)
        if best is not None and self.config["generation"]["checkpoint"] == "best":
            return self.folder / "gan" / name / "best.ckpt", best
        return self.folder / "gan" / name / "last.ckpt", self.made.chain["gan"][name]

    def pool(self, label: int) -> tuple[GAN, NDArray[np.uint8]]:
        """A class's GAN, and the images from which those that are kept are selected."""
        gan = load_gan(self.checkpoint_of(label)[0])
        count: int = self.config["generation"]["per_class"]
        if self.config["generation"]["selection"] != "random":
            count *= self.config["generation"]["candidates"]
        return gan, gan.sample(count, self.latent_seed(label), label=label)

    def latent_seed(self, label: int) -> int:
        """The seed of a class's generated images."""
        return seed_of(self.config["seed"], self.index, label, 1)

    def generate(self, labels: Sequence[int] = (0, 1)) -> None:
        """Draw the images of some classes from their GANs, and keep those that are selected."""
        missing = [label for label in labels if not self.made.is_made("generated", self.classes[label], MANIFEST)]
        checkpoints = {label: self.checkpoint_of(label)[1] for label in missing}
        if not missing:
            return
        with self.tracking("generation") as run:
            for label in missing:
                run.log({}, pictures={f"generated/{self.classes[label]}": self.draw(label, checkpoints[label])})
            folder = self.folder / "generated"
            run.keep("dataset", {str(path.relative_to(folder)): path for path in sorted(folder.glob("*/*.*"))})

    def draw(self, label: int, checkpoint: str) -> NDArray[np.uint8]:
        """Draw a class's images from its GAN, keep those that are selected, and give back a grid (3, H, W) of some."""
        name = self.classes[label]
        with self.made.stage("generation"):
            gan, pool = self.pool(label)
            chosen = select(
                self.config["generation"]["selection"],
                pool,
                self.config["generation"]["per_class"],
                gan=gan,
                label=label,
                class_name=name,
                train=self.split.train,
                features=self.plan.needed_features,
            )
            write_generated(
                pool,
                chosen,
                self.folder / "generated" / name,
                seed=self.latent_seed(label),
                class_name=name,
                label=label,
                checkpoint=checkpoint,
            )
            self.made.record("generated", name, MANIFEST)
        side = min(6, math.isqrt(len(chosen)))
        return image_grid(pool[chosen[: side**2]], columns=side)

    def evaluate(self, show: Callable[[str], None]) -> None:
        """Measure the generated images, then train the classifiers, where there are any."""
        names = (*MEASURED, *(CLASSIFIED if self.plan.classifiers else ()))
        if self.made.is_written(names):
            return
        self.generated()  # refuses a broken chain before the tracker's run starts
        with self.tracking("classifiers") as run:
            self.measure(show)
            if self.plan.classifiers:
                self.classify(show)
            run.log({}, tables={name: pd.read_csv(self.folder / f"{name}.csv") for name in names})

    def measure(self, show: Callable[[str], None]) -> None:
        """Measure the generated images against real ones."""
        if self.made.is_written(MEASURED):
            return
        generated = self.generated()
        unselected = None
        if self.config["generation"]["selection"] != "random":
            count = self.config["generation"]["per_class"]
            parts = [self.pool(label)[1][:count] for label in (0, 1)]
            unselected = replace(generated, images=np.concatenate(parts), labels=np.repeat([0, 1], count))
        with self.made.stage("quality"):
            measured = measure(
                self.split,
                generated,
                unselected,
                features=self.plan.needed_features(),
                seed=seed_of(self.config["seed"], self.index, 2),
                fid=self.config["quality"]["fid"],
                on_progress=show,
            )
            for name, pixels in measured.pairs.items():
                write_atomic(self.folder / "copies" / name, png_bytes(pixels))
            self.made.write({name: with_context(table, self.context) for name, table in measured.tables.items()})

    def classify(self, show: Callable[[str], None]) -> None:
        """Train every classifier on every training set and write scores, predictions, losses and those of controls."""
        if self.made.is_written(CLASSIFIED):
            return
        augmentation = self.config["augmentation"]["classifiers"]
        data, generated = CellData(self.split, classifier_augmentation=augmentation), self.generated()
        titles = {name: classifier_title(name, pipeline) for name, pipeline in self.plan.classifiers.items()}
        self.made.provenance["classifiers"] = titles
        with self.made.stage("classification"):
            results = evaluate(
                self.plan.classifiers,
                self.config["training_sets"],
                train=data.train,
                augmented=data.augmented,
                generated=generated,
                test=data.test,
                context=self.context,
                on_progress=show,
            )
            masked = masked_parts(self.split.train, self.split.test)
            self.made.provenance["masks"] = None if masked is None else masked.description()
            controls = [
                (results.controls, results.control_predictions),
                *masked_controls(self.plan.classifiers, masked, self.context, show),
            ]
            self.made.write(
                {
                    "scores": results.scores,
                    "predictions": results.predictions,
                    "classifier_loss": results.losses,
                    "controls": pd.concat([scores for scores, _ in controls], ignore_index=True),
                    "control_predictions": pd.concat([predicted for _, predicted in controls], ignore_index=True),
                }
            )

    @property
    def context(self) -> dict[str, Any]:
        """The first columns of every table of the split."""
        return {"split": self.index, "seed": self.config["seed"], "protocol": self.config["protocol"]}

    def generated(self) -> CellImages:
        """The images of both classes, once the chain of hashes behind them is found whole and free of leaks."""
        for name in self.classes:
            if not self.made.is_made("generated", name, MANIFEST):
                raise InputError(f"{self.folder / 'generated' / name} is not whole; run experiments/generate.py first.")
        audit(self.folder)
        return join([read_generated(self.folder / "generated" / name, classes=self.classes) for name in self.classes])

    def stage(self, job_type: str, name: str) -> Stage:
        """What the tracker is told of a stage."""
        key = f"{self.index:02d}-{name}"
        return stage_of(str(self.config["name"]), key, job_type, self.config, self.made.provenance)

    def tracking(self, job_type: str) -> AbstractContextManager[TrackedRun]:
        """The tracker's run of a stage in this process."""
        return self.plan.tracking.run(self.folder, self.stage(job_type, job_type))


def train_gans(
    plan: Plan, indices: Sequence[int], class_name: str | None = None, watch: Callable[[], None] = lambda: None
) -> None:
    """Train the GANs of some splits, of one class or of both.

    Args:
        plan: What to do.
        indices: Numbers of the splits.
        class_name: The class; None: both.
        watch: Called now and then; what it raises ends the training.

    Raises:
        InputError: There is no such class, or a folder holds a split made with other settings.
    """
    classes = plan.images.classes
    if class_name is not None:
        check_choice("class_name", [class_name], classes)
    for index in indices:
        split = SplitRun(plan, index)
        split.prepare()
        split.train_gans([label for label, name in enumerate(classes) if class_name in (None, name)], watch)


def with_context(table: pd.DataFrame, context: Mapping[str, Any]) -> pd.DataFrame:
    """A table whose first columns say which split it is of."""
    return pd.concat([pd.DataFrame([context] * len(table)), table.reset_index(drop=True)], axis=1)
