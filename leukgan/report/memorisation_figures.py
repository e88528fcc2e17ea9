"""The figure of copies: the generated images that come closest to a training image, and real ones for reference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.errors import InputError
from leukgan.presentation.figures import DPI, Figure, canvas, finished
from leukgan.presentation.images import GAP, Pixels, fitted, mosaic, place_mosaic, read_image

SHOWN = 8
LEFT, TOP, MARGIN = 72, 96, 20  # pixels of the figure
NUMBERS, BETWEEN = 34, 36
COPY: dict[str, Any] = {"color": "#c00000", "fontweight": "bold"}
ORIGINAL: dict[str, Any] = {"color": "#777777"}


@dataclass(frozen=True)
class Pairs:
    """Images beside the training images that they are nearest to, the closest pair first.

    Attributes:
        kind: Whose images: generated, held-out.
        images: uint8 (P, H, W, 3).
        nearest: uint8 (P, H, W, 3), turned and mirrored as each matches best.
        ratios: (P,), distance to this training image over distance to the nearest other cell.
        flagged: bool (P,), whether the image counts as a copy.
    """

    kind: str
    images: Pixels
    nearest: Pixels
    ratios: NDArray[np.float64]
    flagged: NDArray[np.bool_]

    def rows(self) -> list[tuple[str, Pixels]]:
        """The figure's two rows and their labels."""
        return [(self.kind, self.images), ("training", self.nearest)]


def saved_pairs(folder: Path, kind: str, table: pd.DataFrame) -> Pairs:
    """The closest pairs whose pictures a split's folder holds.

    Args:
        folder: Of one class's pairs: KIND_0.png and KIND_0_training.png are the closest.
        kind: Whose images.
        table: The rows of copies.csv of this class and kind.

    Raises:
        InputError: A picture is missing.
    """
    closest = table.sort_values("ratio", kind="stable").head(SHOWN)
    files = [(folder / f"{kind}_{i}.png", folder / f"{kind}_{i}_training.png") for i in range(len(closest))]
    for path in (path for pair in files for path in pair):
        if not path.is_file():
            raise InputError(f"{path} is missing; delete {folder.parents[1] / 'copies.csv'} and run the study again.")
    return Pairs(
        kind=kind,
        images=np.stack([read_image(image) for image, _ in files]),
        nearest=np.stack([read_image(training) for _, training in files]),
        ratios=closest["ratio"].to_numpy(),
        flagged=closest["flagged"].to_numpy(dtype=bool),
    )


def closest_pairs_figure(
    class_name: str, generated: Pairs, held_out: Pairs, limit: float, split: str, leaky: bool
) -> Figure:
    """Each image above its nearest training image, with the ratio of distances; those of copies in red.

    Args:
        class_name: Class of all images.
        generated: Pairs of generated images.
        held_out: Pairs of real images that the GAN never saw.
        limit: The ratio below which an image counts as a copy.
        split: Name of the split.
        leaky: Whether the GAN saw test images.
    """
    rows = [(pairs, label, images) for pairs in (generated, held_out) for label, images in pairs.rows()]
    mosaics = [mosaic(*fitted(images, 1500 / SHOWN), SHOWN) for _, _, images in rows]
    h, w = mosaics[0].shape[:2]
    width = LEFT + w + MARGIN
    height = TOP + 4 * h + 2 * (GAP + NUMBERS) + BETWEEN + MARGIN
    with canvas(width / DPI, height / DPI) as figure:
        y = TOP
        for (pairs, label, _), pixels in zip(rows, mosaics, strict=True):
            place_mosaic(figure, pixels, label, left=LEFT, top=y)
            y += h + GAP
            if label == "training":
                below = 1 - (y + NUMBERS / 2) / height
                figure.text((LEFT - 14) / width, below, "ratio", ha="right", va="center", fontsize=6.5, color="#444444")
                for i, (ratio, flagged) in enumerate(zip(pairs.ratios, pairs.flagged, strict=True)):
                    middle = LEFT + (i + 0.5) * (w + GAP) / SHOWN - GAP / 2
                    look = COPY if flagged else ORIGINAL
                    figure.text(middle / width, below, f"{ratio:.2f}", ha="center", va="center", fontsize=8, **look)
                y += NUMBERS + BETWEEN
        title = f"{class_name}: the generated and held-out images closest to a training image"
        caption = (
            f"Each image above the training image of {split} that it is nearest to, turned and mirrored as it matches "
            f"best. The ratio is its distance to that image over its distance to the nearest other cell: at 1 it is as "
            f"near to another, below {limit:.2f} (red) it counts as a copy."
        )
        return finished(figure, f"closest_pairs_{class_name}", title, caption, leaky)
