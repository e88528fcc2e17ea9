"""Every path and file name of a run folder; no other module spells them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

RUNS = Path("runs")
CACHE = RUNS / ".cache"  # decoded images and compiled graphs, for any run
CONDITIONAL = "conditional"  # the GAN that learns both classes
MANIFEST = "manifest.csv"

# A class's files that later ones follow from, in that order: their place in the chain of hashes, folder and name.
ARTIFACTS = {"gan": ("gan", "last.ckpt"), "best": ("gan", "best.ckpt"), "generated": ("generated", MANIFEST)}
MEASURED = ("quality", "copies", "copying", "cells")  # tables of the generated images
CLASSIFIED = ("scores", "predictions", "classifier_loss", "controls", "control_predictions")  # of the classifiers
TABLES = (*MEASURED, *CLASSIFIED)


@dataclass(frozen=True)
class GANFolder:
    """The files of one GAN's training."""

    path: Path

    @property
    def last_checkpoint(self) -> Path:
        return self.path / "last.ckpt"

    @property
    def best_checkpoint(self) -> Path:
        return self.path / "best.ckpt"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def speed(self) -> Path:
        return self.path / "speed.csv"

    @property
    def kid(self) -> Path:
        return self.path / "kid.csv"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    def sample(self, generator_step: int) -> Path:
        """The grid of samples after a generator step."""
        return self.samples / f"step_{generator_step:06d}.png"


@dataclass(frozen=True)
class SplitFolder:
    """The files of one split."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def provenance(self) -> Path:
        return self.path / "provenance.json"

    @property
    def split(self) -> Path:
        return self.path / "split.json"

    @property
    def status(self) -> Path:
        return self.path / "status.json"

    @property
    def pairs(self) -> Path:
        """Pictures of generated images beside the training images nearest to them."""
        return self.path / "copies"

    @property
    def all_generated(self) -> Path:
        return self.path / "generated"

    def generated(self, class_name: str) -> Path:
        """The folder of a class's generated images."""
        return self.all_generated / class_name

    def real(self, class_name: str) -> Path:
        """The folder of some real training images of a class."""
        return self.path / "real" / class_name

    def gan(self, name: str) -> GANFolder:
        """The folder of a GAN, called as the class that it draws, or CONDITIONAL."""
        return GANFolder(self.path / "gan" / name)

    def gans(self) -> list[GANFolder]:
        """The folders of all GANs with a checkpoint."""
        return [GANFolder(path.parent) for path in sorted(self.path.glob("gan/*/last.ckpt"))]

    def artifact(self, stage: str, name: str) -> Path:
        """The file of a stage of ARTIFACTS for a class, or for the GAN of both."""
        folder, file = ARTIFACTS[stage]
        return self.path / folder / name / file

    def table(self, name: str) -> Path:
        """The csv file of a table."""
        return self.path / f"{name}.csv"


@dataclass(frozen=True)
class RunFolder:
    """The files of one run, of one split or several."""

    path: Path

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def tables(self) -> Path:
        return self.path / "tables"

    @property
    def figures(self) -> Path:
        return self.path / "figures"

    @property
    def leaderboard(self) -> Path:
        return self.path / "leaderboard.csv"

    def split(self, index: int) -> SplitFolder:
        """The folder of a split, counted from 0."""
        return SplitFolder(self.path / f"split-{index:02d}")

    def splits(self) -> list[SplitFolder]:
        """The folders of all splits that were begun."""
        return [SplitFolder(path) for path in sorted(self.path.glob("split-*")) if path.is_dir()]

    def job(self, label: str) -> Path:
        """The folder with the state of a job of a sweep or search."""
        return self.path / "jobs" / label
