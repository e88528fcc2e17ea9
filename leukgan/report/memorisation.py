"""Did the GAN copy? The table of distances to training images, the alarm, and the figure of the closest pairs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.errors import InputError
from leukgan.presentation.figures import Figure, finish
from leukgan.presentation.formatting import LEAKY, count, join_words, number, p_value
from leukgan.presentation.images import GAP, Pixels, Row, image_rows, read_image, text_at
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.results import Run, select_splits

SHOWN = 8
LEFT, NUMBERS, BETWEEN = 72, 28, 48  # pixels of the figure: labels, a line of ratios, pairs of rows
COPY: dict[str, Any] = {"color": "#c00000", "fontweight": "bold"}
ORIGINAL: dict[str, Any] = {"color": "#777777"}


def _beside_held_out(generated: float, held_out: float) -> str:
    return f"{generated:.2f} ({held_out:.2f})"


COLUMNS = (
    Column("Split", "folder", wanted=lambda frame: frame["folder"].nunique() > 1),
    SOURCE,
    Column("Copies", "alarm", lambda alarm: "ALARM" if alarm else "none found"),
    Column("Flagged", "copies", count),
    Column("p", "p", p_value),
    Column("Median distance (held-out)", ("median_distance", "median_distance_held_out"), _beside_held_out),
    Column("Authenticity (held-out)", ("authenticity", "authenticity_held_out"), _beside_held_out),
    Column("C_T", "c_t", lambda value: number(value, 1)),
)


class Pairs(NamedTuple):
    """Images beside the training images that they are nearest to, the closest pair first."""

    kind: str  # generated, held-out
    images: Pixels  # (P, H, W, 3)
    nearest: Pixels  # (P, H, W, 3), turned and mirrored as each matches best
    ratios: NDArray[np.float64]  # (P,), distance to this training image over distance to the nearest other cell
    flagged: NDArray[np.bool_]  # (P,), whether the image counts as a copy


def copying_table(run: Run) -> Table:
    """One row for each class and split."""
    groups = [select_splits(run.copying, splits) for splits in run.groups()]
    frame = stamp_rows(pd.concat([run.positive_first(rows) for rows in groups]))
    frame["look"] = frame["look"].mask(frame["alarm"].astype(bool), "stamped")
    return Table(
        name="copies",
        title=run.stamped("Copies: generated images against their nearest training image"),
        frame=frame,
        columns=COLUMNS,
        notes=tuple(_notes(run)),
        numbers=stamp_rows(pd.concat(groups))[[*run.copying]],
        grouped_by=Column("Class", "class"),
    )


def copy_alarms(run: Run) -> list[Statement]:
    """A sentence for each class whose GAN copies, in any split."""
    alarms = run.copying[run.copying["alarm"].astype(bool)]
    return [
        Statement(
            "Copies",
            f"{rows['copies'].sum()} generated images of {name} ({join_words(list(rows['folder']))}) are training "
            "images over again; a gain from them would be no gain from new images.",
        )
        for name, rows in alarms.groupby("class")
    ]


def closest_pairs_figures(run: Run) -> Iterator[Figure]:
    """A figure for each class, of the first clean split (or the first); none if it looked for no copies."""
    split = run.pictured
    copies, copying = select_splits(run.copies, [split]), select_splits(run.copying, [split])
    for row in run.positive_first(copying).to_dict("records"):
        name = str(row["class"])
        of_class = copies[copies["class"] == name]
        generated, held_out = (
            read_pairs(split.folder.pairs / name, kind, of_class[of_class["kind"] == kind])
            for kind in ("generated", "held-out")
        )
        yield closest_pairs_figure(name, generated, held_out, float(row["limit"]), split.name, stamp=split.stamp)


def read_pairs(folder: Path, kind: str, table: pd.DataFrame) -> Pairs:
    """The closest pairs whose pictures a split's folder holds.

    Args:
        folder: Pictures of one class: KIND_0.png and KIND_0_training.png are the closest.
        kind: Kind of the images.
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
    class_name: str, generated: Pairs, held_out: Pairs, limit: float, split: str, *, stamp: str
) -> Figure:
    """Each image above its nearest training image, with the ratio of distances; below `limit`, a copy, it is red."""
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
        return finish(figure, f"closest_pairs_{class_name}", title, caption, stamp=stamp)


def _notes(run: Run) -> Iterator[str]:
    if run.copying.empty:
        yield "This run did not look for copies."
        return
    yield (
        "Distances are to the nearest of the 16 rotated and mirrored members of each training image, in thumbnails "
        "without their brightness and contrast; 0 is the same, in brackets the same for held-out real images."
    )
    yield (
        "Flagged: so much nearer to one training image than to any other as real images never are. The alarm goes off "
        "where more are flagged than one in 200, or the held-out images' share, explains (binomial test, p below 1%). "
        "Copies that were shifted far or turned by odd angles escape it."
    )
    yield (
        "Authenticity: share of images that are farther from their nearest training image than that one is from its "
        "own neighbour. C_T: three-sample test (Meehan et al., 2020); below −3, generated images lie nearer to "
        "training images than real ones do. Blurred and average images lower both, so neither raises the alarm."
    )
    if run.leaky:
        yield f"{LEAKY} splits: the GAN had seen the held-out images too, and copies of those are not looked for."
