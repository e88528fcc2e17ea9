"""The check of a data source before a study uses it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from leukgan.config import SplitSettings
from leukgan.data.check.differences import class_differences, neighbours_alike
from leukgan.data.check.overlaps import Overlap, overlapping_crops
from leukgan.data.check.survey import Survey, survey
from leukgan.data.duplicates import Pair, near_duplicates
from leukgan.data.groups import grouped, neighbours
from leukgan.data.images import CellImages
from leukgan.data.loading import ImageFiles, check_values_of
from leukgan.data.split import Split
from leukgan.data.split_file import make_split
from leukgan.errors import InputError
from leukgan.presentation.console import Progress, silent

MOST_FOR_OVERLAPS = 2000  # images; beyond, the search takes minutes
THUMBNAIL = 2  # times as wide and high, or more, images are than their thumbnails
LEAST_FOR_OVERLAPS = 64  # pixels a side; smaller crops are alike by chance


@dataclass(frozen=True)
class Checked:
    """The result of checking a data source."""

    source: str  # its name, such as all_idb2
    classes: tuple[str, str]  # the negative and the positive class
    survey: Survey  # every file
    differences: pd.DataFrame  # how the classes differ beside the cell, as `class_differences` tells
    neighbours: float | None  # how likely chance alone makes neighbouring backgrounds so alike; None for too few images
    images: CellImages | None = None  # the usable images with the groups of a study; None: there is none
    proposed: tuple[str, ...] = ()  # each image's group if overlapping crops form groups too
    repeats: Sequence[Pair] = ()  # pairs of images that show the same
    conflicts: Sequence[tuple[int, int]] = ()  # pairs of indices of images that show the same and have different labels
    overlaps: Sequence[Overlap] = ()  # pairs of crops that overlap and do not show the same
    no_overlaps: str = ""  # why overlaps were not searched; empty if they were
    splits: Sequence[Split] = ()  # the splits that a study would make; empty if it can't
    refusal: str = ""  # why a study can't, in a sentence; empty if it can

    @property
    def names(self) -> tuple[str, ...]:
        return () if self.images is None else self.images.names

    @property
    def usable(self) -> pd.DataFrame:
        """The survey's rows of usable images."""
        return self.survey.table[self.survey.table["problem"] == ""]

    @property
    def problems(self) -> pd.DataFrame:
        """The survey's rows of files that can't be used."""
        return self.survey.table[self.survey.table["problem"] != ""]

    def table(self) -> pd.DataFrame:
        """The survey with groups, what each image repeats, and the proposed group."""
        table = self.survey.table.copy()
        if self.images is None:
            return table.assign(group="", proposed_group="", repeats="")
        repeats = {self.names[pair.second]: self.names[pair.first] for pair in reversed(self.repeats)}
        for column, values in (("group", self.images.groups), ("proposed_group", self.proposed)):
            table[column] = table["image"].map(dict(zip(self.names, values, strict=True))).fillna("")
        return table.assign(repeats=table["image"].map(repeats).fillna(""))


def check(
    source: CellImages | ImageFiles,
    name: str,
    split: SplitSettings,
    *,
    seed: int,
    overlaps: bool,
    progress: Progress = silent,
) -> Checked:
    """Check every image of a source, and what a study would make of them."""
    found = survey(source, progress)
    checked = Checked(
        source=name,
        classes=source.classes,
        survey=found,
        differences=class_differences(found.table),
        neighbours=neighbours_alike(found.table),
    )
    checked = replace(checked, refusal=next(iter(checked.problems["problem"]), ""))
    images = found.images
    if images is None:
        return checked

    words = f"looking for images that show the same among {len(images)}"
    progress(words)
    repeats = near_duplicates(images.images, partial(progress, words))
    pairs = [(pair.first, pair.second) for pair in repeats]
    grouped_pairs = pairs if split.group_repeats else []

    crops: list[Overlap] = []
    no_overlaps = _why_no_overlaps(images, overlaps)
    if not no_overlaps:
        words, shown = "looking for crops that overlap", set(pairs)
        progress(words)
        found_crops = overlapping_crops(images.images, partial(progress, words))
        crops = [crop for crop in found_crops if (crop.first, crop.second) not in shown]

    # A study refuses what it can't split; the check goes on, and takes groups without regard to the labels.
    together = {*grouped_pairs, *neighbours(images.sha256)}
    splits: list[Split] = []
    refusal = checked.refusal
    try:
        check_values_of(source, images)
        check_sizes(checked.usable, source)
        missing = [name for label, name in enumerate(images.classes) if label not in images.labels]
        if missing:
            raise InputError(f"no image of class {missing[0]} can be used; a study needs both classes.")
        images = grouped(images, grouped_pairs, split.group_blocks)
        progress("splitting as a study would")
        splits = [make_split(images, asdict(split), index=index, seed=seed) for index in split.chosen()]
    except InputError as error:
        refusal = refusal or str(error)
        images = replace(images, groups=_groups(images, grouped_pairs))

    return replace(
        checked,
        images=images,
        proposed=_groups(images, [*pairs, *((crop.first, crop.second) for crop in crops)]),
        repeats=repeats,
        conflicts=sorted((a, b) for a, b in together if images.labels[a] != images.labels[b]),
        overlaps=crops,
        no_overlaps=no_overlaps,
        splits=splits,
        refusal=refusal,
    )


def check_sizes(table: pd.DataFrame, source: CellImages | ImageFiles) -> None:
    """Refuse files of two sizes of which one is far smaller, as thumbnails beside images, unless they are chosen."""
    sizes = sorted(Counter(zip(table["width"].astype(int), table["height"].astype(int), strict=True)).items())
    if len(sizes) != 2 or not isinstance(source, ImageFiles) or source.chosen:
        return
    (small, few), (large, many) = sizes
    if small[0] * THUMBNAIL <= large[0] and small[1] * THUMBNAIL <= large[1] and min(few, many) > len(table) / 5:
        raise InputError(
            f"{source.where} has {few} images of {small[0]} x {small[1]} pixels and {many} of {large[0]} x {large[1]}, "
            "which may be thumbnails of one another; say which files show the cells, for example with "
            "data.pattern='*.bmp', or '*' for all."
        )


def _groups(images: CellImages, pairs: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """The groups of images, of which those of one pair may have different labels."""
    return grouped(replace(images, labels=np.zeros_like(images.labels)), pairs).groups


def _why_no_overlaps(images: CellImages, wanted: bool) -> str:
    if not wanted:
        return "with overlaps=false"
    if len(images) > MOST_FOR_OVERLAPS:
        return f"among more than {MOST_FOR_OVERLAPS:,} images"
    if images.images.shape[-1] < LEAST_FOR_OVERLAPS:
        return (
            f"at fewer than {LEAST_FOR_OVERLAPS} pixels a side; for this check set data.image_size={LEAST_FOR_OVERLAPS}"
        )
    return ""
