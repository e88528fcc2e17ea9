"""Images as figures show them: read, enlarged, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray
from PIL import Image

from leukgan.errors import InputError
from leukgan.presentation.figures import DPI, Figure, canvas, finished

IN_A_ROW = 8
GAP = 6  # pixels of the figure between images

Pixels = NDArray[np.uint8]


def read_images(folder: Path, limit: int) -> Pixels | None:
    """The first images of a folder in order of name, uint8 (N, H, W, 3); None where there is none."""
    paths = sorted(folder.glob("*.png"))[:limit]
    if not paths:
        return None
    images = [read_image(path) for path in paths]
    if len({image.shape for image in images}) > 1:
        raise InputError(f"{folder} has images of different sizes; run the split again.")
    return np.stack(images)


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


def place_mosaic(figure: Canvas, pixels: Pixels, label: str, *, left: int, top: int, fontsize: float = 9) -> Axes:
    """Draw a mosaic (H, W, 3), one pixel of it on one pixel of the figure, with a label turned up on its left.

    Args:
        figure: At the report's resolution.
        pixels: The mosaic.
        label: May be empty.
        left: Pixels of the figure on its left.
        top: Pixels of the figure above it.
        fontsize: Of the label, in points.
    """
    width, height = (DPI * inches for inches in figure.get_size_inches())
    h, w = pixels.shape[:2]
    axes = figure.add_axes((left / width, 1 - (top + h) / height, w / width, h / height))
    axes.imshow(pixels, interpolation="none", aspect="auto")
    axes.set_axis_off()
    middle = (left - 14) / width, 1 - (top + h / 2) / height
    figure.text(*middle, label, rotation=90, ha="right", va="center", fontsize=fontsize, color="#444444")
    return axes


def fitted(images: Pixels, width: float) -> tuple[Pixels, int]:
    """Images and the whole factor that enlarges them to about this width; larger ones are averaged down."""
    shrink = max(1, round(images.shape[2] / width))
    if shrink > 1:
        images = np.stack([np.asarray(Image.fromarray(image).reduce(shrink), dtype=np.uint8) for image in images])
    return images, max(1, round(width / images.shape[2]))


def read_image(path: Path) -> Pixels:
    """An image file as uint8 (H, W, 3)."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)


def panel(
    name: str, title: str, caption: str, rows: Sequence[tuple[str, Pixels | None]], columns: int, leaky: bool
) -> Figure:
    """Mosaics of images below each other, one pixel of theirs on one pixel of the figure.

    Args:
        name: The file's, without ending.
        title: Above the figure.
        caption: Beside it.
        rows: A label, which may be empty, and images uint8 (N, H, W, 3) for each mosaic; or None for none.
        columns: Images in a row.
        leaky: Whether it is stamped.
    """
    filled = [(label, images) for label, images in rows if images is not None]
    mosaics = [(label, mosaic(*fitted(images, 1500 / columns), columns)) for label, images in filled]
    left, top, margin = (60 if any(label for label, _ in mosaics) else 20), 96, 20
    width = left + max(m.shape[1] for _, m in mosaics) + margin
    height = top + sum(m.shape[0] for _, m in mosaics) + 2 * GAP * (len(mosaics) - 1) + margin
    with canvas(width / DPI, height / DPI) as figure:
        y = top
        for label, pixels in mosaics:
            place_mosaic(figure, pixels, label, left=left, top=y)
            y += pixels.shape[0] + 2 * GAP
        return finished(figure, name, title, caption, leaky)
