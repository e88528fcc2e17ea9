"""A split of the images into training, validation and test part, as names and hashes."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedShuffleSplit

from leukgan.data.groups import grouped
from leukgan.data.images import CellImages
from leukgan.errors import InputError

PARTS = ("train", "validation", "test")
SMALLEST_PART = 2  # groups of a class in training and test part; below, no classifier and no test means anything

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """The three parts of one split: images that no group crosses.

    Attributes:
        train: Training part of GANs and classifiers.
        validation: Held-out images to watch the GANs; empty if none are wanted.
        test: Test part.
        unused: Images of no part, into which groups may cross; None if there are none.
    """

    train: CellImages
    validation: CellImages
    test: CellImages
    unused: CellImages | None = None

    def as_json(self) -> dict[str, Any]:
        """Names, labels, hashes and groups of each part and of the unused images, as in split.json."""
        parts: dict[str, CellImages | None] = {part: getattr(self, part) for part in (*PARTS, "unused")}
        return {part: entries_of(images) for part, images in parts.items() if images is not None}


def entries_of(images: CellImages) -> list[dict[str, Any]]:
    """Name, label, hash and group of each image."""
    return [
        {"image": images.names[i], "label": int(label), "sha256": images.sha256[i], "group": images.groups[i]}
        for i, label in enumerate(images.labels)
    ]


def split_images(
    images: CellImages,
    *,
    index: int,
    seed: int,
    test_fraction: float,
    validation_fraction: float = 0.0,
    train_per_class: int | None = None,
) -> Split:
    """The stratified split number `index`; images of one group stay on one side.

    If the images have parts of their own, every split has their test part, and training and validation images of its
    own, drawn from theirs without replacement.

    `test_fraction` is the test part's share of the groups, `validation_fraction` the validation part's share of the
    others, at least one of each class, or 0. The training part has `train_per_class` images of each class, or all for
    None.

    Raises:
        InputError: Too few images for two of each class on each side, or images that show the same with different
            labels.
    """
    if not 0 < test_fraction < 1:
        raise InputError(f"split.test_fraction must lie between 0 and 1, got {test_fraction}; the study used 0.2.")
    if not 0 <= validation_fraction < 1:
        raise InputError(f"split.validation_fraction must be 0 or more and below 1, got {validation_fraction}.")

    images = grouped(images)
    if images.parts:
        drawn = _from_parts(images, index, seed, validation_fraction, train_per_class)
    else:
        drawn = _at_random(images, index, seed, test_fraction, validation_fraction, train_per_class)

    parts = dict(zip(PARTS, (images.part(np.sort(part)) for part in drawn), strict=True))
    for label, part in itertools.product((0, 1), ("train", "test")):  # remainders may go to the other class
        if _groups_with(parts[part], label) < SMALLEST_PART:
            raise _too_few(images, label, part, test_fraction, validation_fraction, train_per_class)

    rest = np.setdiff1d(np.arange(len(images)), np.concatenate(drawn))
    return Split(**parts, unused=images.part(rest) if len(rest) else None)


def hold_out(images: CellImages, fraction: float, seed: int) -> Split:
    """All images, but for a share of each class's groups in the validation part, at least one of each, or none for 0.

    Raises:
        InputError: The fraction is out of its range, or a class would have no training image.
    """
    if not 0 <= fraction < 1:
        raise InputError(f"validation_fraction must be 0 or more and below 1, got {fraction}.")

    images = grouped(images)
    members, strata = _groups(images)
    order = np.random.default_rng(derive_seed(seed)).permutation(len(members))
    of_classes = [order[strata[order] == label] for label in (0, 1)]
    counts = [max(1, round(fraction * len(groups))) if fraction and len(groups) else 0 for groups in of_classes]
    if any(count and count == len(groups) for count, groups in zip(counts, of_classes, strict=True)):
        raise InputError(f"validation_fraction={fraction} leaves a class without a training image; add images.")

    held_out = _together(members, np.concatenate([g[:n] for g, n in zip(of_classes, counts, strict=True)]))
    rest = np.setdiff1d(np.arange(len(images)), held_out)
    return Split(train=images.part(rest), validation=images.part(np.sort(held_out)), test=images.part([]))


def _at_random(
    images: CellImages, index: int, seed: int, test_fraction: float, validation_fraction: float, per_class: int | None
) -> tuple[Indices, Indices, Indices]:
    members, strata = _groups(images)
    if 1 in np.bincount(strata):  # one group can't be in proportion on two sides; groups of both classes may do without
        strata = np.zeros_like(strata)

    splitter = StratifiedShuffleSplit(n_splits=1, test_size=test_fraction, random_state=derive_seed(seed, index))
    try:
        train, test = next(splitter.split(strata, strata))
    except ValueError:  # fewer groups in a part than classes
        label = min((0, 1), key=lambda label: _groups_with(images, label))
        part = "test" if test_fraction < 0.5 else "train"
        raise _too_few(images, label, part, test_fraction, validation_fraction, per_class) from None

    # Groups are drawn in random order, so the first of each class are a random choice.
    validation = train[:0]
    if validation_fraction:
        per_stratum = [train[strata[train] == stratum] for stratum in (0, 1)]
        validation = np.concatenate([g[: max(1, round(validation_fraction * len(g)))] for g in per_stratum])

    chosen = _together(members, train[~np.isin(train, validation)])
    if per_class is not None:  # from all groups, not from the first few large ones
        chosen = _first(images, np.random.default_rng(derive_seed(seed, index)).permutation(chosen), per_class)
    return chosen, _together(members, validation), _together(members, test)


def _from_parts(
    images: CellImages, index: int, seed: int, validation_fraction: float, per_class: int | None
) -> tuple[Indices, Indices, Indices]:
    if per_class is None and index:
        raise InputError(
            f"split {index} would have the training images of split 0, as the data has one training part; give "
            "split.train_per_class=<number>, so that each split draws its own."
        )

    # Each image's part by its rank; an image whose twin is in a later part is left out.
    rank = np.array([PARTS.index(part) for part in images.parts])
    members, _ = _groups(images)
    for group in members:
        rank[group] = np.where(rank[group] < rank[group].max(), -1, rank[group])

    rng = np.random.default_rng(derive_seed(seed, 0))
    pools = [rng.permutation(np.flatnonzero(rank == number)) for number in range(3)]
    if per_class is None:
        return pools[0], pools[1] if validation_fraction else pools[1][:0], pools[2]

    # Split number `index` takes its own stretch of the shuffled pools.
    held_out = max(1, round(validation_fraction * per_class)) if validation_fraction else 0
    train, validation = (
        _first(images, pool, count, skipped=index * count, part=part)
        for pool, count, part in ((pools[0], per_class, "training"), (pools[1], held_out, "validation"))
    )
    return train, validation, pools[2]


def _first(images: CellImages, pool: Indices, count: int, *, skipped: int = 0, part: str = "training") -> Indices:
    """The first `count` images of each class of a shuffled pool, after those that are skipped."""
    chosen = []
    for label, name in enumerate(images.classes):
        of_class = pool[images.labels[pool] == label]
        if len(of_class) < skipped + count:
            raise InputError(
                f"split.train_per_class asks for {skipped + count} {part} images of class {name} up to this split, and "
                f"there are {len(of_class)}; take fewer a class or fewer splits."
            )
        chosen.append(of_class[skipped : skipped + count])
    return np.concatenate(chosen)


def _groups(images: CellImages) -> tuple[list[Indices], Indices]:
    """The members of each group, and the class to which most of them belong."""
    found: dict[str, list[int]] = {}
    for position, group in enumerate(images.groups):
        found.setdefault(group, []).append(position)
    members = [np.array(group) for group in found.values()]
    return members, np.array([int(images.labels[group].mean() >= 0.5) for group in members])


def _together(members: list[Indices], groups: Iterable[int]) -> Indices:
    """The images of some groups."""
    return np.concatenate([np.zeros(0, np.int64), *(members[group] for group in groups)])


def _groups_with(images: CellImages, label: int) -> int:
    """The number of groups with an image of a class."""
    return len(set(images.of_class(label).groups))


def _too_few(
    images: CellImages,
    label: int,
    part: str,
    test_fraction: float,
    validation_fraction: float,
    per_class: int | None,
) -> InputError:
    """The error of too few groups of a class in the training or the test part."""
    groups, count = _groups_with(images, label), len(images.of_class(label))
    kind, add = "images", "add images"
    if groups != count:
        kind, add = "groups", "add groups, such as patients; data.group_columns and split.group_blocks make them"
    what = f"{groups} different images" if groups == count else f"{groups} groups of together {count} images"

    given = ["the data's own parts" if images.parts else f"split.test_fraction={test_fraction}"]
    given += [f"split.validation_fraction={validation_fraction}"] if validation_fraction else []
    given += [f"split.train_per_class={per_class}"] if per_class is not None else []

    if part == "train" and per_class is not None:
        advice = f"raise split.train_per_class or {add}"
    elif images.parts or groups < 2 * SMALLEST_PART + bool(validation_fraction):
        advice = add
    elif part == "test":
        advice = f"raise split.test_fraction or {add}"
    else:
        advice = f"lower {' or '.join(setting.partition('=')[0] for setting in given)} or {add}"

    return InputError(
        f"{what} of class {images.classes[label]} are too few for a split with {' and '.join(given)}: training and "
        f"test part need at least {SMALLEST_PART} {kind} of each class; {advice}."
    )


def derive_seed(*path: int) -> int:
    """A distinct seed for each path of integers from 0, such as the study's seed, the split and the class."""
    if min(path) < 0:
        raise InputError(f"seed and split.indices must not be negative, got {min(path)}; use 0 or more.")
    return int(np.random.SeedSequence((len(path), *path)).generate_state(1)[0])
