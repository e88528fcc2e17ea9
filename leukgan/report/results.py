"""What a run is to the report: the finished splits with their scores, and the names of the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from leukgan.data.images import check_classes
from leukgan.presentation.formatting import LEAKY
from leukgan.run_folder.split_folder import CONDITIONAL
from leukgan.statistics.confusion_matrix import ConfusionMatrix

CLASSIFIERS = ("vgg16", "logistic_regression", "svm")
TRAINING_SETS = ("real", "real+aug", "real+gen", "real+aug+gen")

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Split:
    """One finished split.

    Attributes:
        name: Its folder's name, such as split-00.
        folder: Its folder.
        config: The resolved configuration.
        provenance: What was run on what.
        leaky: True where the GAN has seen test images (protocol=paper).
        counts: Confusion matrices by (classifier, training_set, test_set).
        trained_on: Training images by the same key.
        correct: For each key, whether each test image was classified rightly, by (image, label).
        losses: classifier_loss.csv, empty where there is none.
    """

    name: str
    folder: Path
    config: dict[str, Any]
    provenance: dict[str, Any]
    leaky: bool
    counts: dict[Key, ConfusionMatrix]
    trained_on: dict[Key, int]
    correct: dict[Key, dict[tuple[str, int], bool]]
    losses: pd.DataFrame

    @property
    def conditional(self) -> bool:
        """Whether one GAN drew both classes."""
        return (self.folder / "gan" / CONDITIONAL).is_dir()

    def gans(self) -> dict[str, Path]:
        """The GANs' folders by what they drew: a class, or both."""
        classes = self.provenance["data"]["classes"]
        names = (
            {f"{classes[1]} and {classes[0]}": CONDITIONAL} if self.conditional else {n: n for n in reversed(classes)}
        )
        return {title: self.folder / "gan" / name for title, name in names.items()}

    @property
    def tested(self) -> frozenset[tuple[str, int]]:
        """The real test images by (image, label); empty where no classifier was tested."""
        return frozenset(image for key, correct in self.correct.items() if key[2] == "real" for image in correct)

    @property
    def real_images(self) -> tuple[int, int]:
        """Numbers of real training and test images."""
        counts = self.provenance["data"]["counts"]
        return sum(counts["train"].values()), sum(counts["test"].values())


@dataclass(frozen=True)
class Run:
    """A run folder.

    Attributes:
        folder: The run folder.
        splits: The finished splits in order, at least one.
        unfinished: Names and states of the others.
    """

    folder: Path
    splits: tuple[Split, ...]
    unfinished: tuple[tuple[str, str], ...]

    @property
    def classes(self) -> tuple[str, str]:
        """The negative and the positive class."""
        return check_classes(self.splits[0].provenance["data"]["classes"])

    @property
    def titles(self) -> dict[str, str]:
        """What each classifier is called in tables."""
        return dict(self.splits[0].provenance["classifiers"])

    @property
    def leaky(self) -> bool:
        """Whether any split is leaky."""
        return any(split.leaky for split in self.splits)

    @property
    def rendered(self) -> bool:
        """Whether the images were drawn by a program and show no real cell."""
        return bool(self.splits[0].provenance["data"]["source"] == "smears")

    def groups(self) -> list[tuple[Split, ...]]:
        """The splits that may be averaged: clean ones, then leaky ones."""
        clean = tuple(split for split in self.splits if not split.leaky)
        leaky = tuple(split for split in self.splits if split.leaky)
        return [group for group in (clean, leaky) if group]

    def keys(self, test_set: str) -> list[Key]:
        """The (classifier, training_set, test_set) that any split has scores for, in the order of the paper."""
        every = [(c, t, test_set) for c in CLASSIFIERS for t in TRAINING_SETS]
        return [key for key in every if any(key in split.counts for split in self.splits)]


def stamped(title: str, run: Run) -> str:
    """A title, with the stamp where any split of the run leaks."""
    return f"{title} – {LEAKY}" if run.leaky else title
