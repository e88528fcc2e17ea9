"""One split of the study, from its GANs to its scores; each stage is made once and tied to the last by its hash."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.classification import classifier_title, evaluate, evaluate_masked
from leukgan.data.datamodule import CellData
from leukgan.data.images import CellImages, join, png_bytes
from leukgan.data.split import derive_seed
from leukgan.errors import InputError
from leukgan.gans import GAN, load_gan
from leukgan.gans.callbacks import image_grid
from leukgan.generation import MANIFEST, read_generated, select, write_generated
from leukgan.metrics import masked_parts
from leukgan.run_folder.files import write_atomic
from leukgan.study.audit import audit
from leukgan.study.measurement import measure
from leukgan.study.split_gans import SplitGANs
from leukgan.tracking.stages import Entry

MEASURED = ("quality", "copies", "copying", "cells")
CLASSIFIED = ("scores", "predictions", "classifier_loss", "controls", "control_predictions")


class SplitRun(SplitGANs):
    """One split's folder and all stages that fill it, each of which does only what its folder lacks."""

    def pool(self, label: int) -> tuple[GAN, NDArray[np.uint8]]:
        """A class's GAN, and the images from which those that are kept are selected."""
        gan = load_gan(self.checkpoint_of(label)[0])
        count: int = self.config["generation"]["per_class"]
        if self.config["generation"]["selection"] != "random":
            count *= self.config["generation"]["candidates"]
        return gan, gan.sample(count, self.latent_seed(label), label=label)

    def latent_seed(self, label: int) -> int:
        """The seed of a class's generated images."""
        return derive_seed(self.config["seed"], self.index, label, 1)

    def generate(self, labels: Sequence[int] = (0, 1)) -> None:
        """Draw the images of some classes from their GANs, and keep those that are selected."""
        missing = [label for label in labels if not self.made.is_made("generated", self.classes[label], MANIFEST)]
        checkpoints = {label: self.checkpoint_of(label)[1] for label in missing}
        if not missing:
            return
        with self.tracking("generation") as run:
            for label in missing:
                grid = self.draw(label, checkpoints[label])
                run.log(Entry(pictures={f"generated/{self.classes[label]}": grid}))
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
            run.log(Entry(tables={name: pd.read_csv(self.folder / f"{name}.csv") for name in names}))

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
                seed=derive_seed(self.config["seed"], self.index, 2),
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
                *evaluate_masked(self.plan.classifiers, masked, self.context, show),
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


def with_context(table: pd.DataFrame, context: Mapping[str, Any]) -> pd.DataFrame:
    """A table whose first columns say which split it is of."""
    return pd.concat([pd.DataFrame([context] * len(table)), table.reset_index(drop=True)], axis=1)
