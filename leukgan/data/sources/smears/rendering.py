"""Whole data sets of rendered smears: images, planted duplicates, and the truth about them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from leukgan.data.augmentation import rotate_flip
from leukgan.data.images import CellImages, check_classes, check_image_size, hash_pixels
from leukgan.data.sources.smears.camera import Camera, compressed
from leukgan.data.sources.smears.cells import draw_cell
from leukgan.data.sources.smears.fields import Frame
from leukgan.data.sources.smears.layout import draw_surroundings
from leukgan.data.sources.smears.subtypes import SUBTYPES, check_subtypes, draw_specimen
from leukgan.errors import InputError

LAYOUT, CELL, CAMERA, COPIES = range(4)  # streams of random numbers: the surroundings can't know the cell
RANGES = {  # greatest and usual value; the least is 0
    "difficulty": (1, 0.5),
    "stain": (3, 1),
    "focus": (0.1, 0.01),
    "bluish": (1, 0.03),
    "shortcut": (1, 0),
    "duplicates": (1, 0.1),
}


@dataclass(frozen=True)
class SmearTruth:
    """What is drawn in each image.

    Attributes:
        nucleus: bool (N, H, W).
        cell: bool (N, H, W), nucleus included.
        table: One row an image: `subtype` (blast for leukemic cells), `lineage` (the subtype it matures to, or its
            own), `severity` (of a blast, from 0, as its mature cell, to 1; 0 for healthy cells), `radius` (of a disc
            of the cell's area, in half image widths), `nucleus_ratio` (area of the nucleus divided by the cell's),
            `lobes`, `tint` (cream or bluish), `focus` (the lens's whole blur, in image widths), `duplicate_of` (index
            of the image that this one is a copy of, or -1) and `orientation` (of the copy, as of `rotate_flip`).
    """

    nucleus: NDArray[np.bool_]
    cell: NDArray[np.bool_]
    table: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class RenderedSmears(CellImages):
    """Rendered images that know what is drawn in them."""

    truth: SmearTruth


@threadpool_limits.wrap(limits=1)  # more threads round otherwise: a few pixels of a data set would differ by one
def render_smears(
    *,
    image_size: int,
    count: int = 260,
    seed: int = 0,
    classes: Sequence[str] = ("healthy", "leukemia"),
    subtypes: Sequence[str] = SUBTYPES,
    difficulty: float = 0.5,
    stain: float = 1.0,
    focus: float = 0.0,
    jpeg_quality: int | None = None,
    bluish: float = 0.03,
    shortcut: float = 0.0,
    duplicates: float = 0.0,
) -> RenderedSmears:
    """Crops of a stained smear with one white cell each, and what is drawn in them.

    An image depends on its index, the seed, the size and the settings, not on `count`.

    Args:
        image_size: Height and width: 32, 64, 128 or 256.
        count: Images, an even number from 2; half of each class.
        seed: From 0; of all that is random.
        classes: Names of the healthy and the leukemic class.
        subtypes: Healthy cells, and the lineages of blasts, are drawn from these in equal shares.
        difficulty: From 0, all blasts obvious, by 0.5, as hard as the study's images, to 1, blasts like healthy cells
            in all they have.
        stain: Spread of the stains' amounts and hues between images, from 0 to 3; 1 as in Acevedo et al. (2020).
        focus: Blur added by the lens: standard deviation of a Gaussian in image widths, from 0 to 0.1.
        jpeg_quality: From 1 to 95; each image is compressed so and decompressed. None for no compression.
        bluish: Share, from 0 to 1, of the images with a bluish background, others are cream; of those that `shortcut`
            leaves.
        shortcut: Share, from 0 to 1, of the images whose background has their class's own tint, bluish for leukemia;
            the shares of bluish images in the two classes differ by it.
        duplicates: Share of the images, from 0 to 1 and on average, that are copies of an earlier image of their class:
            turned and mirrored exactly, photographed or compressed once more.

    Raises:
        InputError: A value outside its range.
    """
    frame = Frame(image_size=check_image_size(image_size))
    names, lineages = check_classes(classes), check_subtypes(subtypes)
    given = (difficulty, stain, focus, bluish, shortcut, duplicates)
    for (name, (highest, usual)), value in zip(RANGES.items(), given, strict=True):
        if not 0 <= value <= highest:
            raise InputError(f"data.{name} must be a number from 0 to {highest}, got {value}; use {usual}.")
    if seed < 0:
        raise InputError(f"data.seed must be at least 0, got {seed}.")
    if count < 2 or count % 2:
        raise InputError(f"data.count must be an even number from 2, half for each class, got {count}; use 260.")
    if jpeg_quality is not None and not 1 <= jpeg_quality <= 95:
        raise InputError(f"data.jpeg_quality must be from 1 to 95, or null for none, got {jpeg_quality}; use 75.")

    labels = np.arange(count, dtype=np.int64) % 2
    images = np.empty((count, 3, image_size, image_size), np.uint8)
    nuclei, cells = np.empty((2, count, image_size, image_size), bool)
    rows: list[dict[str, str | float | int]] = []

    for index, label in enumerate(labels.tolist()):
        if copy := choose_copy(seed, index, duplicates):
            images[index] = copy.of(images[copy.original])
            for masks in (nuclei, cells):
                masks[index] = rotate_flip(masks[copy.original], copy.orientation)
            rows.append(rows[copy.original] | {"duplicate_of": copy.original, "orientation": copy.orientation})
        else:
            around, within, light = (np.random.default_rng([seed, index, stream]) for stream in (LAYOUT, CELL, CAMERA))
            specimen = draw_specimen(within, blast=label == 1, subtypes=lineages, difficulty=difficulty)
            cell = draw_cell(frame, within, specimen.cell, complex(*within.normal(0, 0.03, 2)))

            tint = draw_tint(light, label=label, bluish=bluish, shortcut=shortcut)
            camera = Camera(light, tint=tint, stain=stain, focus=focus)
            images[index] = camera.photograph(frame, cell, *draw_surroundings(frame, around))

            nuclei[index], cells[index] = (frame.pixels(mask, cell.window) for mask in (cell.nucleus, cell.body))
            rows.append(
                specimen.facts() | {"tint": tint, "focus": camera.blur / 2, "duplicate_of": -1, "orientation": 0}
            )

        if jpeg_quality is not None:
            images[index] = compressed(images[index], jpeg_quality)

    return RenderedSmears(
        images=images,
        labels=labels,
        names=tuple(f"smear_{index + 1:04d}_{label}" for index, label in enumerate(labels)),
        sha256=hash_pixels(images),
        classes=names,
        truth=SmearTruth(nuclei, cells, pd.DataFrame(rows)),
    )


def draw_tint(rng: np.random.Generator, *, label: int, bluish: float, shortcut: float) -> str:
    """The background's tint; with probability `shortcut` it is the class's own."""
    tied, blue = rng.random(2)
    is_bluish = label == 1 if tied < shortcut else blue < bluish
    return "bluish" if is_bluish else "cream"


@dataclass(frozen=True)
class Copy:
    """A planted duplicate: an image that shows another image's cell, rotated and photographed or saved once more."""

    original: int  # index of the image
    orientation: int  # of `rotate_flip`
    quality: int | None  # of the JPEG file that it went through; None: its brightness changed instead
    brightness: float  # factor

    def of(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The copy of the original `image` (3, H, W)."""
        again = rotate_flip(image, self.orientation)
        if self.quality is not None:
            return compressed(again, self.quality)
        return np.clip(np.rint(again * self.brightness), 0, 255).astype(np.uint8)


def choose_copy(seed: int, index: int, share: float) -> Copy | None:
    """The copy at `index`, of an earlier image of its class that is no copy itself; None if the image is no copy."""

    def begin(position: int) -> tuple[np.random.Generator, bool]:
        rng = np.random.default_rng([seed, position, COPIES])
        return rng, bool(rng.random() < share) and position > 1

    rng, is_copy = begin(index)
    if not is_copy:
        return None

    original = index
    while begin(original)[1]:  # ends: the first image of a class is no copy
        original = index % 2 + 2 * int(rng.integers(index // 2))

    quality = int(rng.integers(70, 91)) if rng.random() < 0.5 else None
    return Copy(original, int(rng.integers(8)), quality, float(rng.choice([0.95, 0.97, 1.03])))
