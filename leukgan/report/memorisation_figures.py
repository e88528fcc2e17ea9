"""The figure of copies: the generated images that come closest to a training image, and real ones for reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.errors import InputError
from leukgan.presentation.figures import Figure, finish
from leukgan.presentation.images import GAP, Pixels, Row, image_rows, read_image, text_at
from leukgan.report.results import Run, select_splits

SHOWN = 8
LEFT, NUMBERS, BETWEEN = 72, 28, 48  # pixels of the figure: labels, a line of ratios, pairs of rows
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


def closest_pairs_figures(run: Run) -> Iterator[Figure]:
    """A figure for each class, of the first clean split (or the first); none if it looked for no copies."""
    split = run.groups()[0][0]
    copies, copying = select_splits(run.copies, [split]), select_splits(run.copying, [split])
    for row in copying.sort_values("class", key=lambda name: name != run.classes[1]).to_dict("records"):
        name = str(row["class"])
        of_class = copies[copies["class"] == name]
        generated, held_out = (
            read_pairs(split.folder / "copies" / name, kind, of_class[of_class["kind"] == kind])
            for kind in ("generated", "held-out")
        )
        yield closest_pairs_figure(name, generated, held_out, float(row["limit"]), split.name, leaky=split.leaky)


def read_pairs(folder: Path, kind: str, table: pd.DataFrame) -> Pairs:
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
    class_name: str, generated: Pairs, held_out: Pairs, limit: float, split: str, *, leaky: bool
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
    rows = list[Row]()
    for pairs in (generated, held_out):
        rows.append(Row(pairs.images, pairs.kind, above=BETWEEN if rows else 0, below=GAP))
        rows.append(Row(pairs.nearest, "training", below=NUMBERS))

    with image_rows(rows, SHOWN, left=LEFT) as (figure, placed):
        for pairs, row in zip((generated, held_out), placed[1::2], strict=True):
            y = row.top + row.height + 23
            text_at(figure, LEFT - 14, y, "ratio", ha="right", va="center", fontsize=6.5, color="#444444")
            for i, (ratio, flagged) in enumerate(zip(pairs.ratios, pairs.flagged, strict=True)):
                middle = LEFT + (i + 0.5) * (row.width + GAP) / SHOWN - GAP / 2
                look = COPY if flagged else ORIGINAL
                text_at(figure, middle, y, f"{ratio:.2f}", ha="center", va="center", fontsize=8, **look)

        title = f"{class_name}: the generated and held-out images closest to a training image"
        caption = (
            f"Each image above the training image of {split} that it is nearest to, turned and mirrored as it matches "
            f"best. The ratio is its distance to that image over its distance to the nearest other cell: at 1 it is as "
            f"near to another, below {limit:.2f} (red) it counts as a copy."
        )
        return finish(figure, f"closest_pairs_{class_name}", title, caption, leaky=leaky)
