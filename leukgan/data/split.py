"""A split of the images into training, validation and test part, as names and hashes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedShuffleSplit

from leukgan.data.images import CellImages
from leukgan.errors import InputError

SMALLEST_PART = 2  # images of a class in each part; below, no classifier and no test means anything


@dataclass(frozen=True)
class Split:
    """The three parts of one split: images that no group crosses.

    Attributes:
        train: The training part: all that GANs and classifiers learn from.
        validation: Held out of the training, to watch the GANs; empty where none is asked for.
        test: The test part.
    """

    train: CellImages
    validation: CellImages
    test: CellImages

    def as_json(self) -> dict[str, Any]:
        """Names, hashes and groups of each part, as split.json holds them."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {
            part: [
                {"image": name, "label": int(label), "sha256": source, "group": source[:12]}
                for name, label, source in zip(images.names, images.labels, images.sha256, strict=True)
            ]
            for part, images in parts.items()
        }


def split_images(
    images: CellImages, *, index: int, seed: int, test_fraction: float, validation_fraction: float = 0.0
) -> Split:
    """The stratified split number `index`; images with identical sources are one group and stay on one side.

    Args:
        images: All images.
        index: The split's number.
        seed: The study's.
        test_fraction: Share of the images in the test part.
        validation_fraction: Share of the other images in the validation part, at least one of each class; or 0.

    Raises:
        InputError: Too few images for two of each class on each side, or identical images with different labels.
    """
    if not 0 < test_fraction < 1:
        raise InputError(f"split.test_fraction must lie between 0 and 1, got {test_fraction}; the study used 0.2.")
    if not 0 <= validation_fraction < 1:
        raise InputError(f"split.validation_fraction must be 0 or more and below 1, got {validation_fraction}.")
    groups: dict[str, list[int]] = {}
    for position, source in enumerate(images.sha256):
        groups.setdefault(source, []).append(position)
    for members in groups.values():
        if len(set(images.labels[members].tolist())) > 1:
            twins = [images.names[i] for i in members]
            raise InputError(f"the files {twins} are identical and have different labels; remove the wrong one.")
    members_of = list(groups.values())
    labels = np.array([images.labels[members[0]] for members in members_of])
    for label, name in enumerate(images.classes):
        count = int((labels == label).sum())
        in_test = round(count * test_fraction)
        if min(in_test, count - in_test) < SMALLEST_PART:
            raise too_few(count, name, test_fraction)
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=test_fraction, random_state=seed_of(seed, index))
    train, test = next(splitter.split(labels, labels))
    validation = held_out(train, labels, validation_fraction)
    train = np.setdiff1d(train, validation)
    for label, name in enumerate(images.classes):  # remainders may go to the other class
        if min(int((labels[part] == label).sum()) for part in (train, test)) < SMALLEST_PART:
            raise too_few(int((labels == label).sum()), name, test_fraction, validation_fraction)
    return Split(
        *(images.part(sorted(i for group in part for i in members_of[group])) for part in (train, validation, test))
    )


def held_out(train: NDArray[np.int64], labels: NDArray[np.int64], fraction: float) -> NDArray[np.int64]:
    """The groups of a shuffled training part that become the validation part, as many of each class."""
    if fraction == 0:
        return train[:0]
    per_class = [train[labels[train] == label] for label in (0, 1)]
    return np.concatenate([groups[: max(1, round(fraction * len(groups)))] for groups in per_class])


def too_few(count: int, name: str, test_fraction: float, validation_fraction: float = 0.0) -> InputError:
    """The error of a class with too few images for a split."""
    validation = f" and split.validation_fraction={validation_fraction}" if validation_fraction else ""
    return InputError(
        f"{count} different images of class {name} are too few for a split with split.test_fraction={test_fraction}"
        f"{validation}: training and test part need at least {SMALLEST_PART} of each class; add images."
    )


def seed_of(*path: int) -> int:
    """A seed of its own for each place in a study: the study's seed, the split, the class, ..."""
    if min(path) < 0:
        raise InputError(f"seed and split.indices must not be negative, got {min(path)}; use 0 or more.")
    return int(np.random.SeedSequence((len(path), *path)).generate_state(1)[0])
