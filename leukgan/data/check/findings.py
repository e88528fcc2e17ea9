"""Findings about a data source, in sentences for the owner of the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from leukgan.data.check.checking import Checked
from leukgan.presentation.formatting import join_words, p_value, quantity

UNEQUAL = 3  # times as many images of one class as of the other
FEW_AT_ONCE = 8  # names that a sentence lists
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

Sentences = Iterator[tuple[str, str]]  # a title, and sentences that say what to do


@dataclass(frozen=True)
class Finding:
    """One finding: an `error` makes a study invalid, a `warning` may, a `note` does not."""

    level: str
    title: str
    text: str


def findings(checked: Checked) -> list[Finding]:
    """All findings, the worst first."""
    levels = [("error", _errors), ("warning", _likenesses), ("warning", _numbers), ("note", _notes)]
    return [Finding(level, title, text) for level, sentences in levels for title, text in sentences(checked)]


def _errors(checked: Checked) -> Sentences:
    names = checked.names
    problems = list(checked.problems["problem"])
    if problems:
        every = quantity(len(checked.survey.table), "file")
        yield (
            "Files that can't be used",
            f"{len(problems)} of {every}: {_some(problems, 5, '; ')} A study stops at the first of them.",
        )

    if checked.conflicts:
        pairs = _some([f"{names[a]} and {names[b]}" for a, b in checked.conflicts])
        yield (
            "One picture, two labels",
            f"{pairs} show the same and have different labels. Ask who labelled them, and remove the wrong ones.",
        )

    if checked.refusal and checked.refusal not in problems and not checked.conflicts:
        yield "A study would refuse this", f"{checked.refusal[0].upper()}{checked.refusal[1:]}"


def _likenesses(checked: Checked) -> Sentences:
    """Images of one class that are too unlike those of the other, and images that are too alike."""
    names = checked.names
    negative, positive = checked.classes
    telling = [
        f"{PROPERTIES[row['property']]} (median {row['negative']} for {negative}, {row['positive']} for {positive}"
        + (f", AUC {row['auc']:.2f})" if np.isfinite(row["auc"]) else ")")
        for row in checked.differences[checked.differences["tells"]].to_dict("records")
    ]
    if telling:
        yield (
            "The class shows beside the cell",
            f"The classes differ in what is not the cell: {join_words(telling)}. A classifier may learn the camera, "
            "the slide or the stain instead of the cell. Ask how the classes were photographed; take images of both "
            "classes from the same sessions; and read the report's shortcut control before you believe an accuracy.",
        )

    if checked.repeats:
        pairs = [f"{names[pair.second]} shows {names[pair.first]}" for pair in checked.repeats]
        yield (
            "Images that show the same",
            f"{quantity(len(pairs), 'pair')}, as they are or turned, mirrored or compressed anew: {_some(pairs)}. They "
            "stay on one side of every split unless split.group_repeats=false; better keep one of each.",
        )

    if checked.overlaps:
        crops = [
            f"{names[crop.first]} and {names[crop.second]} ({crop.overlap:.0%} of the area)"
            for crop in checked.overlaps
        ]
        yield (
            "Crops that overlap",
            f"{quantity(len(crops), 'pair')} may be cut from one photograph: {_some(crops)}. Keep them on one side of "
            "every split with the groups proposed in images.csv: data.table=<this folder>/images.csv "
            "'data.group_columns=[proposed_group]'.",
        )

    if checked.neighbours is not None and checked.neighbours < 0.01:
        p = p_value(checked.neighbours)
        yield (
            "Neighbouring images have like backgrounds",
            "Images of consecutive names are more alike in their background than others of their class (permutation "
            f"test, p {p if p.startswith('<') else f'= {p}'}). They may be crops of one photograph or of one patient. "
            "If so, give the patients in a csv file (data.table, data.group_columns), or take consecutive numbers "
            "together, as in split.group_blocks=10.",
        )


def _numbers(checked: Checked) -> Sentences:
    """Too few images of a class, groups or pixels."""
    images = checked.images
    if images is None:
        return

    counts = np.bincount(images.labels, minlength=2)
    if counts.min() and counts.max() >= UNEQUAL * counts.min():
        larger = checked.classes[int(counts.argmax())]
        yield (
            "Unequal classes",
            f"{larger} has {counts.max() / counts.min():.1f} times as many images as the other class, so that guessing "
            f"{larger} is right in {counts.max() / counts.sum():.0%}. Read recall and specificity beside accuracy.",
        )

    groups = len(set(images.groups))
    if groups < len(images) / 2:
        yield (
            "Few groups",
            f"The {len(images)} images are of {groups} groups. Images of one group are alike, so that the study knows "
            "less than its number of images suggests: intervals within one split count images and are too narrow.",
        )

    size = images.images.shape[-1]
    small = (checked.usable[["width", "height"]].max(axis=1) < size).sum()
    if checked.survey.where and small:
        yield (
            "Images enlarged",
            f"{quantity(int(small), 'image')} of {len(images)} have fewer than {size} pixels on both sides and are "
            "enlarged; a smaller data.image_size invents no pixels.",
        )


def _notes(checked: Checked) -> Sentences:
    if checked.no_overlaps:
        yield "Overlapping crops", f"They are not looked for {checked.no_overlaps}."

    conversions = checked.usable["conversions"]
    kinds = conversions[conversions != ""].value_counts()
    if len(kinds):
        told = [f"{quantity(int(number), 'image')}: {kind}" for kind, number in kinds.items()]
        yield "Converted images", f"{join_words(told)}."

    if ignored := checked.survey.ignored:
        yield "Files left alone", f"{quantity(len(ignored), 'file')}: {_some(ignored)}."

    if checked.source == "all_idb2" and checked.images is not None:
        yield "ALL-IDB2", _about_all_idb2(checked, checked.names)


def _about_all_idb2(checked: Checked, names: Sequence[str]) -> str:
    """Whether the whole of ALL-IDB2 is here, and the repeats in it that others suspect."""
    counts = tuple(int(count) for count in np.bincount(checked.survey.table["label"], minlength=2))
    is_whole = "the whole of it" if counts == EXPECTED else "not the whole of it, or another data set in its layout"

    # Which of the suspected repeats are here, and which of them were found.
    numbers = [int(name[2:5]) for name in names]
    pairs = [(repeat.first, repeat.second) for repeat in checked.repeats]
    pairs += [(crop.first, crop.second) for crop in checked.overlaps]
    repeated = [
        f"{names[second]} shows {names[first]}"
        for first, second in pairs
        if numbers[first] in SUSPECTED[0] and numbers[second] in SUSPECTED[1]
    ]
    if not set(numbers).issuperset(SUSPECTED[0] + SUSPECTED[1]):
        suspicion = "are not all here, so that nothing can be said of them"
    elif repeated:
        suspicion = f"were found: {join_words(repeated)}"
    else:
        suspicion = "were not found"

    return (
        f"ALL-IDB2 has {EXPECTED[0]} healthy and {EXPECTED[1]} leukemia images; here are {counts[0]} and {counts[1]}: "
        f"{is_whole}. The repeats that others suspect, Im222 to Im227 among Im256 to Im260, {suspicion}."
    )


def _some(items: Sequence[str], most: int = FEW_AT_ONCE, between: str = ", ") -> str:
    """The first few items, and how many more there are."""
    rest = f" and {len(items) - most} more" if len(items) > most else ""
    return between.join(items[:most]) + rest
