"""What there is to say of a data source before a study uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leukgan.data.check.differences import class_differences, neighbours_alike
from leukgan.data.check.overlaps import Overlap, overlapping_crops
from leukgan.data.check.survey import Survey, survey
from leukgan.data.duplicates import Pair, near_duplicates
from leukgan.data.groups import grouped, neighbours
from leukgan.data.images import CellImages
from leukgan.data.loading import ImageFiles
from leukgan.data.split import Split
from leukgan.errors import InputError
from leukgan.statistics.multiple_testing import holm

MOST_FOR_OVERLAPS = 2000  # images; beyond, the search takes minutes
LEAST_FOR_OVERLAPS = 64  # pixels a side; smaller crops are alike by chance too
TELLING_P, TELLING_AUC = 0.01, 0.65  # from these on, a property of the surroundings is said to tell the class


@dataclass(frozen=True)
class Checked:
    """What was found in a data source.

    Attributes:
        source: Its name: all_idb2, folder, bloodmnist or smears.
        where: Where it lies, in the words of the settings; empty for images that are no files.
        ignored: Files that a study leaves alone.
        classes: The negative and the positive class.
        survey: Every file.
        images: Those that can be used, with the groups that a study would give them; None where there is none.
        proposed: Each image's group with overlapping crops taken together too.
        repeats: Pairs of images that show the same.
        conflicts: Pairs of indices that a study takes together and that have different labels.
        overlaps: Pairs of crops that overlap and do not show the same.
        no_overlaps: Why these were not looked for; empty where they were.
        differences: How the classes differ beside the cell, with p after Holm's correction and whether it `tells`.
        neighbours: How likely chance alone makes neighbouring backgrounds so alike.
        splits: The splits that a study would make; empty where it could not.
        refusal: Why a study could not, in a sentence; empty where it could.
    """

    source: str
    where: str
    ignored: tuple[str, ...]
    classes: tuple[str, str]
    survey: Survey
    images: CellImages | None
    proposed: tuple[str, ...]
    repeats: Sequence[Pair]
    conflicts: Sequence[tuple[int, int]]
    overlaps: Sequence[Overlap]
    no_overlaps: str
    differences: pd.DataFrame
    neighbours: float | None
    splits: Sequence[Split]
    refusal: str

    def table(self) -> pd.DataFrame:
        """The survey with groups, what each image repeats, and the proposed group."""
        table = self.survey.table.copy()
        if self.images is None:
            return table.assign(group="", proposed_group="", repeats="")
        names = self.images.names
        repeats = {names[pair.second]: names[pair.first] for pair in reversed(self.repeats)}
        for column, values in (("group", self.images.groups), ("proposed_group", self.proposed)):
            table[column] = table["image"].map(dict(zip(names, values, strict=True))).fillna("")
        return table.assign(repeats=table["image"].map(repeats).fillna(""))


def check(
    source: CellImages | ImageFiles,
    name: str,
    *,
    group_repeats: bool,
    group_blocks: int | None,
    overlaps: bool,
    split: Callable[[CellImages], Sequence[Split]],
    show: Callable[[str], None] = lambda words: None,
) -> Checked:
    """Look at every image of a source, and at what a study would make of them.

    Args:
        source: What a function of the group `data` returns.
        name: What it is called in the settings.
        group_repeats: Whether a study takes images together that show the same.
        group_blocks: How many consecutive numbers it takes together; None: none.
        overlaps: Whether overlapping crops are looked for.
        split: Makes the study's splits.
        show: Told in a few words what is being done.
    """
    found = survey(source, lambda done: show(f"reading image {done}"))
    where, ignored = (source.where, source.ignored) if isinstance(source, ImageFiles) else ("", ())
    images, repeats, conflicts = found.images, list[Pair](), list[tuple[int, int]]()
    crops: Sequence[Overlap] = ()
    no_overlaps = ""
    splits: Sequence[Split] = ()
    proposed: tuple[str, ...] = ()
    problems = found.table.loc[found.table["problem"] != "", "problem"]
    refusal = problems.iloc[0] if len(problems) else ""
    if images is not None:
        show(f"looking for images that show the same among {len(images)}")
        repeats = near_duplicates(images.images)
        pairs = [(pair.first, pair.second) for pair in repeats]
        no_overlaps = _why_no_overlaps(images, overlaps)
        if not no_overlaps:
            show("looking for crops that overlap")
            shown = set(pairs)
            crops = [crop for crop in overlapping_crops(images.images) if (crop.first, crop.second) not in shown]
        together = {*(pairs if group_repeats else ()), *neighbours(images.sha256)}
        conflicts = sorted((a, b) for a, b in together if images.labels[a] != images.labels[b])
        try:
            missing = [name for label, name in enumerate(images.classes) if label not in images.labels]
            if missing:
                raise InputError(f"no image of class {missing[0]} can be used; a study needs both classes.")
            images = grouped(images, pairs if group_repeats else (), group_blocks)
            show("splitting as a study would")
            splits = split(images)
        except InputError as error:
            refusal = refusal or str(error)
            unlabelled = replace(images, labels=np.zeros_like(images.labels))
            images = replace(images, groups=grouped(unlabelled, pairs if group_repeats else ()).groups)
        overlapping = [(crop.first, crop.second) for crop in crops]
        unlabelled = replace(images, labels=np.zeros_like(images.labels))
        proposed = grouped(unlabelled, [*pairs, *overlapping]).groups
    differences = class_differences(found.table)
    corrected = np.nan_to_num(holm(list(differences["p"])), nan=1.0)
    strong = (differences["auc"].isna()) | ((differences["auc"] - 0.5).abs() > TELLING_AUC - 0.5)
    return Checked(
        source=name,
        where=where,
        ignored=ignored,
        classes=source.classes,
        survey=found,
        images=images,
        proposed=proposed,
        repeats=repeats,
        conflicts=conflicts,
        overlaps=crops,
        no_overlaps=no_overlaps,
        differences=differences.assign(p_holm=corrected, tells=(corrected < TELLING_P) & strong),
        neighbours=neighbours_alike(found.table),
        splits=splits,
        refusal=refusal,
    )


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
