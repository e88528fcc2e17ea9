"""What is in a data source, file by file, where a study would stop at the first that is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.decoding import decode, read, resize_to_square
from leukgan.data.images import CellImages
from leukgan.data.loading import ImageFiles
from leukgan.errors import InputError

CORNERS = 0.5  # of the side: what is farther from the image's centre than this shows no white cell
SURROUNDINGS = (
    *("background_red", "background_green", "background_blue"),
    *("surroundings_contrast", "surroundings_sharpness"),
)


@dataclass(frozen=True)
class Survey:
    """The files of a data source.

    Attributes:
        table: A row a file: image, class, label, sha256, format, mode, width, height, bytes, conversions, the numbers
            of `surroundings`, and problem, a sentence where the file can't be used and empty elsewhere.
        images: Those that can be used, in the table's order; None where there is none.
    """

    table: pd.DataFrame
    images: CellImages | None


def survey(source: CellImages | ImageFiles, on_image: Callable[[int], None] = lambda done: None) -> Survey:
    """Read every image of a source, with what is wrong with it.

    Args:
        source: What a function of the group `data` returns.
        on_image: Told how many have been read.
    """
    rows: list[dict[str, Any]] = []
    pixels: list[NDArray[np.uint8]] = []
    if isinstance(source, CellImages):
        size = source.images.shape[-1]
        for name, label, sha256, image in zip(source.names, source.labels, source.sha256, source.images, strict=True):
            facts = {"format": "none", "mode": "RGB", "width": size, "height": size, "bytes": 0, "conversions": ""}
            rows.append({"image": name, "label": int(label), "sha256": sha256, **facts, **surroundings(image)})
            on_image(len(rows))
        return Survey(_table(rows, source.classes), source)
    used = []
    for file in source.files:
        row: dict[str, Any] = {"image": file.name, "label": file.label}
        try:
            data = read(file.path)
            row |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            picture = decode(data, file.path)
            pixels.append(resize_to_square(picture.pixels, source.image_size))
            height, width = picture.pixels.shape[:2]
            row |= {"format": picture.format, "mode": picture.mode, "width": width, "height": height}
            row |= {"conversions": "; ".join(picture.conversions), **surroundings(pixels[-1])}
            used.append(file)
        except InputError as error:
            row["problem"] = str(error)
        rows.append(row)
        on_image(len(rows))
    if not used:
        return Survey(_table(rows, source.classes), None)
    sha256_of = {row["image"]: row["sha256"] for row in rows if "sha256" in row}
    images = CellImages(
        images=np.stack(pixels),
        labels=np.array([file.label for file in used], dtype=np.int64),
        names=tuple(file.name for file in used),
        sha256=tuple(sha256_of[file.name] for file in used),
        classes=source.classes,
        groups=tuple(file.group for file in used),
    )
    return Survey(_table(rows, source.classes), images)


def surroundings(image: NDArray[np.uint8]) -> dict[str, float]:
    """What an image shows beside its cell, in its four corners: numbers that a class should not change.

    The background's red, green and blue, 0 to 255, are medians of the corners' brighter half; contrast is the standard
    deviation of their grey values, and sharpness their mean second difference divided by it.

    Args:
        image: uint8 (3, H, W), square.
    """
    place = (np.arange(image.shape[1]) + 0.5) / image.shape[1] - 0.5
    corners = np.hypot(place[:, None], place) > CORNERS  # (H, W)
    grey = image.astype(np.int64).sum(0)  # whole numbers: of a flat image the contrast is exactly 0
    bright = corners & (grey >= np.median(grey[corners]))
    bend = np.zeros_like(grey)
    bend[1:-1, 1:-1] = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    spread = float(grey[corners].std())
    sharpness = float(np.abs(bend[corners]).mean()) / spread if spread else 0.0
    colour = [float(value) for value in np.median(image[:, bright], axis=1)]
    return dict(zip(SURROUNDINGS, (*colour, spread / 3, sharpness), strict=True))


def _table(rows: list[dict[str, Any]], classes: tuple[str, str]) -> pd.DataFrame:
    columns = ["image", "class", "label", "sha256", "format", "mode", "width", "height", "bytes", "conversions"]
    table = pd.DataFrame(rows, columns=[*columns, *SURROUNDINGS, "problem"])
    table["class"] = [classes[label] for label in table["label"]]
    table["problem"] = table["problem"].fillna("")
    return table
