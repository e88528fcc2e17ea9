"""Rows of images: read from files, enlarged by whole factors, and drawn pixel by pixel."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray
from PIL import Image

from leukgan.errors import InputError
from leukgan.presentation.figures import DPI, Figure, canvas, finish
from leukgan.run_folder.files import damaged

IN_A_ROW = 8
GAP = 6  # pixels of the figure between images
MARGIN = 20  # pixels of the figure on the right and at the bottom
TOP = 96  # pixels of the figure for the title
ROW_WIDTH = 1500  # pixels of the figure that a full row takes, about

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Row:
    """Images in one row or several, with a label turned up on their left and a heading in bold above them."""

    images: Pixels  # (N, H, W, 3)
    label: str = ""
    heading: str = ""
    above: int = 0  # pixels of the figure kept free
    below: int = 0


class Placed(NamedTuple):
    """Where a row of images stands in its figure, in pixels from the figure's left and top."""

    axes: Axes
    left: int
    top: int
    width: int
    height: int


def read_image(path: Path) -> Pixels:
    """An image file of a run folder as uint8 (H, W, 3).

    Raises:
        InputError: It is damaged.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"), dtype=np.uint8)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises these for damaged files
        raise damaged(path, error) from error


def read_images(folder: Path, limit: int) -> Pixels | None:
    """The first images of a folder in order of name, uint8 (N, H, W, 3); None if there is none."""
    paths = sorted(folder.glob("*.png"))[:limit]
    if not paths:
        return None
    images = [read_image(path) for path in paths]
    if len({image.shape for image in images}) > 1:
        raise InputError(f"{folder} has images of different sizes; run the split again.")
    return np.stack(images)


def images_figure(
    name: str, title: str, caption: str, rows: Sequence[tuple[str, Pixels]], columns: int, *, stamp: str
) -> Figure:
    """Sets of images uint8 (N, H, W, 3) below each other, each with its label, which may be empty."""
    left = 60 if any(label for label, _ in rows) else 20
    spaced = [Row(images, label, above=2 * GAP if i else 0) for i, (label, images) in enumerate(rows)]
    with image_rows(spaced, columns, left=left) as (figure, _):
        return finish(figure, name, title, caption, stamp=stamp)


@contextmanager
def image_rows(
    rows: Sequence[Row], columns: int, *, left: int, top: int = TOP, width: float | None = None, fontsize: float = 9
) -> Iterator[tuple[Canvas, list[Placed]]]:
    """A figure with rows of images below each other, and where each row stands.

    Args:
        rows: At least one.
        columns: Images in a row.
        left: Pixels of the figure on their left.
        top: Pixels of the figure above them.
        width: Approximate width of an image in pixels of the figure; fills the row by default.
        fontsize: Of the labels, in points.
    """
    width = ROW_WIDTH / columns if width is None else width
    mosaics = [mosaic(*fit(row.images, width), columns) for row in rows]
    full_width = left + max(pixels.shape[1] for pixels in mosaics) + MARGIN
    full_height = top + sum(r.above + m.shape[0] + r.below for r, m in zip(rows, mosaics, strict=True)) + MARGIN

    with canvas(full_width / DPI, full_height / DPI) as figure:
        placed = []
        for row, pixels in zip(rows, mosaics, strict=True):
            top += row.above
            if row.heading:
                text_at(figure, left, top - 12, row.heading, fontsize=9, fontweight="bold", color="#444444")
            placed.append(place_mosaic(figure, pixels, row.label, left=left, top=top, fontsize=fontsize))
            top += len(pixels) + row.below
        yield figure, placed


def place_mosaic(
    figure: Canvas, pixels: Pixels, label: str = "", *, left: int, top: int, fontsize: float = 9
) -> Placed:
    """Draw a mosaic (H, W, 3) pixel by pixel at a place of the figure, with a label turned up on its left."""
    width, height = (DPI * inches for inches in figure.get_size_inches())
    h, w = pixels.shape[:2]
    axes = figure.add_axes((left / width, 1 - (top + h) / height, w / width, h / height))
    axes.imshow(pixels, interpolation="none", aspect="auto")
    axes.set_axis_off()

    look = {"rotation": 90, "ha": "right", "va": "center", "fontsize": fontsize, "color": "#444444"}
    text_at(figure, left - 14, top + h / 2, label, **look)
    return Placed(axes, left, top, w, h)


def text_at(figure: Canvas, x: float, y: float, text: str, **look: Any) -> None:
    """Write a text at a place in pixels from the figure's left and top."""
    width, height = (DPI * inches for inches in figure.get_size_inches())
    figure.text(x / width, 1 - y / height, text, **look)


def mosaic(images: Pixels, scale: int, columns: int, gap: int = GAP) -> Pixels:
    """Images (N, H, W, 3) side by side on white, each pixel a square of `scale` pixels."""
    n, height, width, _ = images.shape
    rows = -(-n // columns)
    big = images.repeat(scale, axis=1).repeat(scale, axis=2)
    height, width = height * scale, width * scale

    page = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, dtype=np.uint8)
    for i, image in enumerate(big):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        page[top : top + height, left : left + width] = image
    return page


def fit(images: Pixels, width: float) -> tuple[Pixels, int]:
    """Images and the whole factor that enlarges them to about this width; larger ones are averaged down."""
    shrink = max(1, round(images.shape[2] / width))
    if shrink > 1:
        images = np.stack([np.asarray(Image.fromarray(image).reduce(shrink), dtype=np.uint8) for image in images])
    return images, max(1, round(width / images.shape[2]))
