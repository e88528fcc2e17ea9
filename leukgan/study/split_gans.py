"""One split's folder: its parts, and the GANs that are trained on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

import numpy as np

from leukgan.config import check_choice
from leukgan.data.datamodule import CellData
from leukgan.data.images import png_bytes
from leukgan.data.split import Split, derive_seed
from leukgan.data.split_file import split_of
from leukgan.errors import InputError
from leukgan.gans import Job, ValidationKID, train_side_by_side
from leukgan.run_folder.files import read_json, write_atomic
from leukgan.run_folder.split_folder import CONDITIONAL, SplitFolder
from leukgan.study.plan import Plan
from leukgan.tracking.stages import Stage, TrackedRun, stage_of

REAL_SAMPLES = 8  # real training images of a class kept for the figures


class SplitGANs:
    """One split's folder, and the GANs of its classes.

    Training does only what the folder lacks, so that a stopped one goes on where it was.

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
            chosen = np.random.default_rng(derive_seed(self.config["seed"], self.index, label)).permutation(len(pixels))
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
        seed = derive_seed(self.config["seed"], self.index, label or 0)
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
        split = SplitGANs(plan, index)
        split.prepare()
        split.train_gans([label for label, name in enumerate(classes) if class_name in (None, name)], watch)
