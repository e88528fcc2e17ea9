"""Findings about a data source, in sentences for the owner of the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from leukgan.data.check.checking import Checked
from leukgan.presentation.formatting import join_words, p_value, quantity

UNEQUAL = 3  # times as many images of one class as of the other
EXPECTED = (130, 130)  # healthy and leukemia in ALL-IDB2
SUSPECTED = tuple(range(222, 228)), tuple(range(256, 261))  # third parties' repeats: some of these show some of those
PROPERTIES = {
    "width": "width",
    "height": "height",
    "background_red": "background, red",
    "background_green": "background, green",
    "background_blue": "background, blue",
    "surroundings_contrast": "contrast of the surroundings",
    "surroundings_sharpness": "sharpness of the surroundings",
    "format": "file format",
    "mode": "kind of pixels",
}


@dataclass(frozen=True)
class Finding:
    """One finding: an `error` makes a study invalid, a `warning` may, a `note` does not."""

    level: str  # error, warning or note
    title: str
    text: str  # sentences that say what to do


def findings(checked: Checked) -> list[Finding]:
    """All findings, the worst first."""
    found = [
        *_unreadable(checked),
        *_conflicts(checked),
        *_unsplittable(checked),
        *_differences(checked),
        *_repeats(checked),
        *_overlaps(checked),
        *_neighbours(checked),
        *_balance(checked),
        *_groups(checked),
        *_files(checked),
        *_all_idb2(checked),
    ]
    return sorted(found, key=lambda finding: ("error", "warning", "note").index(finding.level))


def _unreadable(checked: Checked) -> Iterator[Finding]:
    table = checked.survey.table
    problems = table.loc[table["problem"] != "", "problem"]
    if len(problems):
        yield Finding(
            "error",
            "Files that can't be used",
            f"{len(problems)} of {quantity(len(table), 'file')}: {some(list(problems), 5, '; ')} A study stops at the "
            "first of them.",
        )


def _conflicts(checked: Checked) -> Iterator[Finding]:
    if checked.conflicts and checked.images is not None:
        names = checked.images.names
        pairs = [f"{names[a]} and {names[b]}" for a, b in checked.conflicts]
        yield Finding(
            "error",
            "One picture, two labels",
            f"{some(pairs)} show the same and have different labels. Ask who labelled them, and remove the wrong ones.",
        )


def _unsplittable(checked: Checked) -> Iterator[Finding]:
    stated = {*checked.survey.table["problem"]}
    if checked.refusal and checked.refusal not in stated and not checked.conflicts:
        yield Finding("error", "No split is possible", f"{checked.refusal[0].upper()}{checked.refusal[1:]}")


def _differences(checked: Checked) -> Iterator[Finding]:
    telling = checked.differences[checked.differences["tells"]]
    if len(telling):
        negative, positive = checked.classes
        named = [
            f"{PROPERTIES[row['property']]} (median {row['negative']} for {negative}, {row['positive']} for {positive}"
            + (f", AUC {row['auc']:.2f})" if np.isfinite(row["auc"]) else ")")
            for row in telling.to_dict("records")
        ]
        yield Finding(
            "warning",
            "The class shows beside the cell",
            f"The classes differ in what is not the cell: {join_words(named)}. A classifier may learn the camera, the "
            "slide or the stain instead of the cell. Ask how the classes were photographed; take images of both "
            "classes from the same sessions; and read the report's shortcut control before you believe an accuracy.",
        )


def _repeats(checked: Checked) -> Iterator[Finding]:
    if checked.repeats and checked.images is not None:
        names = checked.images.names
        pairs = [f"{names[pair.second]} shows {names[pair.first]}" for pair in checked.repeats]
        yield Finding(
            "warning",
            "Images that show the same",
            f"{quantity(len(pairs), 'pair')}, as they are or turned, mirrored or compressed anew: {some(pairs)}. They "
            "stay on one side of every split unless split.group_repeats=false; better keep one of each.",
        )


def _overlaps(checked: Checked) -> Iterator[Finding]:
    if checked.no_overlaps:
        yield Finding("note", "Overlapping crops", f"They are not looked for {checked.no_overlaps}.")
    if checked.overlaps and checked.images is not None:
        names = checked.images.names
        pairs = [f"{names[o.first]} and {names[o.second]} ({o.overlap:.0%} of the area)" for o in checked.overlaps]
        yield Finding(
            "warning",
            "Crops that overlap",
            f"{quantity(len(pairs), 'pair')} may be cut from one photograph: {some(pairs)}. Keep them on one side of "
            "every split with the groups proposed in images.csv: data.table=<this folder>/images.csv "
            "'data.group_columns=[proposed_group]'.",
        )


def _neighbours(checked: Checked) -> Iterator[Finding]:
    if checked.neighbours is not None and checked.neighbours < 0.01:
        yield Finding(
            "warning",
            "Neighbouring images have like backgrounds",
            f"Images of consecutive names are more alike in their background than others of their class (permutation "
            f"test, p {_with_sign(checked.neighbours)}). They may be crops of one photograph or of one patient. If so, "
            "give the patients in a csv file (data.table, data.group_columns), or take consecutive numbers together, "
            "as in split.group_blocks=10.",
        )


def _balance(checked: Checked) -> Iterator[Finding]:
    if checked.images is None:
        return
    counts = np.bincount(checked.images.labels, minlength=2)
    if counts.min() and counts.max() >= UNEQUAL * counts.min():
        larger = checked.classes[int(counts.argmax())]
        yield Finding(
            "warning",
            "Unequal classes",
            f"{larger} has {counts.max() / counts.min():.1f} times as many images as the other class, so that guessing "
            f"{larger} is right in {counts.max() / counts.sum():.0%}. Read recall and specificity beside accuracy.",
        )


def _groups(checked: Checked) -> Iterator[Finding]:
    if checked.images is None:
        return
    groups, images = len(set(checked.images.groups)), len(checked.images)
    if groups < images / 2:
        yield Finding(
            "warning",
            "Few groups",
            f"The {images} images are of {groups} groups. Images of one group are alike, so that the study knows less "
            "than its number of images suggests: intervals within one split count images and are too narrow.",
        )


def _files(checked: Checked) -> Iterator[Finding]:
    table = checked.survey.table
    usable = table[table["problem"] == ""]
    if checked.images is not None and checked.survey.where:
        size = checked.images.images.shape[-1]
        small = usable[usable[["width", "height"]].max(axis=1) < size]
        if len(small):
            yield Finding(
                "warning",
                "Images enlarged",
                f"{quantity(len(small), 'image')} of {len(usable)} have fewer than {size} pixels on both sides and are "
                "enlarged; a smaller data.image_size invents no pixels.",
            )
    converted = usable[usable["conversions"] != ""]
    if len(converted):
        kinds = converted["conversions"].value_counts()
        told = [f"{quantity(int(number), 'image')}: {kind}" for kind, number in kinds.items()]
        yield Finding("note", "Converted images", f"{join_words(told)}.")
    if ignored := checked.survey.ignored:
        yield Finding("note", "Files left alone", f"{quantity(len(ignored), 'file')}: {some(ignored)}.")


def _all_idb2(checked: Checked) -> Iterator[Finding]:
    if checked.source != "all_idb2" or checked.images is None:
        return
    counts = tuple(int(count) for count in np.bincount(checked.survey.table["label"], minlength=2))
    is_whole = "the whole of it" if counts == EXPECTED else "not the whole of it, or another data set in its layout"

    # Which of the suspected repeats are here, and which of them were found.
    number_of = {name: int(name[2:5]) for name in checked.images.names}
    present = sorted(set(number_of.values()) & {*SUSPECTED[0], *SUSPECTED[1]})
    pairs = [(repeat.first, repeat.second) for repeat in checked.repeats]
    pairs += [(crop.first, crop.second) for crop in checked.overlaps]
    named = [tuple(checked.images.names[i] for i in pair) for pair in pairs]
    repeated = [f"{b} shows {a}" for a, b in named if number_of[a] in SUSPECTED[0] and number_of[b] in SUSPECTED[1]]

    if len(present) < len(SUSPECTED[0]) + len(SUSPECTED[1]):
        suspicion = "are not all here, so that nothing can be said of them"
    elif repeated:
        suspicion = f"were found: {join_words(repeated)}"
    else:
        suspicion = "were not found"

    yield Finding(
        "note",
        "ALL-IDB2",
        f"ALL-IDB2 has {EXPECTED[0]} healthy and {EXPECTED[1]} leukemia images; here are {counts[0]} and {counts[1]}: "
        f"{is_whole}. The repeats that others suspect, Im222 to Im227 among Im256 to Im260, {suspicion}.",
    )


def some(items: Sequence[str], most: int = 8, between: str = ", ") -> str:
    """The first few items, and how many more there are."""
    rest = f" and {len(items) - most} more" if len(items) > most else ""
    return between.join(items[:most]) + rest


def _with_sign(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"
