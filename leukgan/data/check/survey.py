"""The survey of a data source: every file, where a study would stop at the first that is wrong."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.appearance import SURROUNDINGS, surroundings
from leukgan.data.decoding import decode, read, resize_to_square
from leukgan.data.images import CellImages
from leukgan.data.loading import ImageFile, ImageFiles
from leukgan.errors import InputError
from leukgan.presentation.console import Progress, silent


@dataclass(frozen=True)
class Survey:
    """The files of a data source.

    Attributes:
        table: One row a file: image, class, label, sha256, format, mode, width, height, bytes, conversions, the numbers
            of `surroundings`, and problem: a sentence if the file can't be used, else empty.
        images: The usable images, in the table's order; None if there is none.
        where: Where the files lie, in the words of the settings; empty for images that are no files.
        ignored: Files beside them that a study ignores.
    """

    table: pd.DataFrame
    images: CellImages | None
    where: str = ""
    ignored: tuple[str, ...] = ()


def survey(source: CellImages | ImageFiles, progress: Progress = silent) -> Survey:
    """Read every image of a source, and note what is wrong with it."""
    return _survey_images(source, progress) if isinstance(source, CellImages) else _survey_files(source, progress)


def _survey_images(source: CellImages, progress: Progress) -> Survey:
    size = source.images.shape[-1]
    facts = {
        "format": "none",
        "mode": "RGB",
        "width": size,
        "height": size,
        "bytes": 0,
        "conversions": "",
        "problem": "",
    }
    rows: list[dict[str, Any]] = []
    for name, label, sha256, image in zip(source.names, source.labels, source.sha256, source.images, strict=True):
        rows.append({"image": name, "label": int(label), "sha256": sha256, **facts, **surroundings(image)})
        progress(f"reading image {len(rows)} of {len(source)}", len(rows), len(source))
    return Survey(_table(rows, source.classes), source)


def _survey_files(source: ImageFiles, progress: Progress) -> Survey:
    rows: list[dict[str, Any]] = []
    pixels: list[NDArray[np.uint8]] = []
    used: list[ImageFile] = []
    hashes: list[str] = []
    levels = source.range_of_levels()

    for file in source.files:
        row: dict[str, Any] = {"image": file.name, "label": file.label, "problem": ""}
        try:
            data = read(file.path)
            row |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            picture = decode(data, file.path, levels)
            image = resize_to_square(picture.pixels, source.image_size)
            height, width = picture.pixels.shape[:2]
            row |= {"format": picture.format, "mode": picture.mode, "width": width, "height": height}
            row |= {"conversions": "; ".join(picture.conversions), **surroundings(image)}
            pixels.append(image)
            used.append(file)
            hashes.append(row["sha256"])
        except InputError as error:
            row["problem"] = str(error)
        rows.append(row)
        progress(f"reading image {len(rows)} of {len(source.files)}", len(rows), len(source.files))

    images = source.as_images(used, np.stack(pixels), hashes) if used else None
    return Survey(_table(rows, source.classes), images, source.where, source.ignored)


def _table(rows: list[dict[str, Any]], classes: tuple[str, str]) -> pd.DataFrame:
    columns = ["image", "class", "label", "sha256", "format", "mode", "width", "height", "bytes", "conversions"]
    table = pd.DataFrame(rows, columns=[*columns, *SURROUNDINGS, "problem"])
    table["class"] = [classes[label] for label in table["label"]]
    return table
