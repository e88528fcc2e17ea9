"""A split that the user gives: a file of names and parts, or the split.json of an earlier run."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from leukgan.data.groups import grouped
from leukgan.data.images import CellImages
from leukgan.data.split import PARTS, Split, split_images
from leukgan.data.table import read_csv
from leukgan.errors import InputError
from leukgan.home import expand_home
from leukgan.run_folder.files import read_given

UNUSED = "unused"  # the part of images that are in none


def make_split(images: CellImages, rules: Mapping[str, Any], *, index: int, seed: int) -> Split:
    """The split number `index` by the settings of `split`: read from `rules["file"]`, or else drawn.

    Raises:
        InputError: A file and split.train_per_class at once, or what `read_split` and `split_images` raise.
    """
    if rules["file"] is not None:
        if rules["train_per_class"] is not None:
            raise InputError(
                "split.file tells all parts, so split.train_per_class means nothing; leave out one of them."
            )
        return read_split(images, rules["file"], index=index)
    drawn = {key: rules[key] for key in ("test_fraction", "validation_fraction", "train_per_class")}
    return split_images(images, index=index, seed=seed, **drawn)


def disjoint_training_sets(images: CellImages, rules: Mapping[str, Any]) -> bool:
    """Whether the splits share the test images that the data brings, and no training images."""
    return bool(images.parts) and rules["train_per_class"] is not None and rules["file"] is None


def read_split(images: CellImages, path: str, *, index: int) -> Split:
    """The split that a file gives: split.json of another run, or a csv with the columns image and part.

    Parts are train, validation, test and unused. Each image is named once; a column sha256 has to be the image's.
    {index} in the file's name stands for the split's number, as in my/split-{index:02d}.json.

    Raises:
        InputError: No such file, one that isn't such a split of these images, or one that a group crosses.
    """
    file = file_of_split(path, index, "split.file")
    if index and file == expand_home(path):
        raise InputError(
            f"split.file={path} is one split, and split {index} is asked for; write {{index}} into its name, as in "
            "\"split.file='my/{index}.csv'\" with both quotes, or take split.indices=[0]."
        )

    part_of = _part_of(_rows(file), images, file)
    images = grouped(images)

    # No group crosses a border of the split.
    owner: dict[str, str] = {}
    for name, group in zip(images.names, images.groups, strict=True):
        if part_of[name] != UNUSED and owner.setdefault(group, part_of[name]) != part_of[name]:
            raise InputError(
                f"the split {file} puts {name} into the {part_of[name]} part and {group}, which belongs to it, into "
                f"the {owner[group]} part; put both into one."
            )

    part = np.array([part_of[name] for name in images.names])
    parts = {name: images.part(np.flatnonzero(part == name)) for name in (*PARTS, UNUSED)}
    for label, class_name in enumerate(images.classes):
        for name in ("train", "test"):
            if label not in parts[name].labels:
                raise InputError(f"the split {file} has no image of class {class_name} in its {name} part.")

    unused = parts.pop(UNUSED)
    return Split(**parts, unused=unused if len(unused) else None)


def file_of_split(path: str, index: int, setting: str) -> Path:
    """The file that a setting names for a split; {index} in it stands for the split's number.

    Raises:
        InputError: The name has other braces.
    """
    named = re.sub(r"\{index(?::0?(\d)d)?\}", lambda braces: str(index).zfill(int(braces[1] or 0)), path)
    if "{" in named or "}" in named:
        raise InputError(f"{setting}={path} has braces that are not {{index}} or {{index:02d}}.")
    return expand_home(named)


def _rows(file: Path) -> list[Mapping[str, Any]]:
    """The file's entry of each image: image, part, and sha256 if it is known."""
    try:
        if file.suffix.lower() == ".json":
            parts = json.loads(read_given(file).decode("utf-8-sig"))
            return [{**entry, "part": part} for part, entries in parts.items() for entry in entries]
        table = read_csv(file)
        return table[["image", "part", *({"sha256"} & set(table))]].to_dict("records")  # type: ignore[return-value]
    except OSError as error:
        raise InputError(f"the split {file} can't be read ({error}); give a split.json or a csv.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"the split {file} is neither a split.json nor a csv with the columns image and part "
            f"({str(error).splitlines()[0]})."
        ) from error


def _part_of(rows: list[Mapping[str, Any]], images: CellImages, file: Path) -> dict[str, str]:
    """The part of each image by its name."""
    known = dict(zip(images.names, images.sha256, strict=True))
    found: dict[str, str] = {}
    for row in rows:
        name, part, source = str(row.get("image")), row["part"], row.get("sha256")
        if part not in (*PARTS, UNUSED):
            raise InputError(f"the split {file} has a part {part!r}; parts are train, validation, test and unused.")
        if name in found:
            raise InputError(f"the split {file} names {name} twice; each image belongs to one part.")
        if name not in known:
            raise InputError(f"the split {file} names {name}, which is no image of the data; remove that line.")
        if source not in (None, "", known[name]):
            raise InputError(f"the split {file} was made for another {name}: its sha256 differs.")
        found[name] = part

    absent = [name for name in images.names if name not in found]
    if absent:
        raise InputError(
            f"the split {file} lacks {len(absent)} images of the data, the first is {absent[0]}; name them with the "
            "part unused."
        )
    return found
