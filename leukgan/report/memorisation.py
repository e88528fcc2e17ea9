"""Did the GAN copy? The table of distances to training images, the alarm, and the figure of the closest pairs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.metrics.memorisation import closest_first
from leukgan.presentation.figures import Figure, finish
from leukgan.presentation.formatting import LEAKY, count, join_words, number, p_value
from leukgan.presentation.images import GAP, Pixels, Row, image_rows, read_image, text_at
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.results import Run, select_splits
from leukgan.run_folder.files import damaged

SHOWN = 8
KINDS = {"training": ("generated", "held-out"), "test": ("generated", "training")}  # compared with images of a part
LEFT, NUMBERS, BETWEEN = 72, 28, 48  # pixels of the figure: labels, a line of ratios, pairs of rows
COPY: dict[str, Any] = {"color": "#c00000", "fontweight": "bold"}
ORIGINAL: dict[str, Any] = {"color": "#777777"}


def _beside_held_out(generated: float, held_out: float) -> str:
    return f"{generated:.2f} ({held_out:.2f})"


COLUMNS = (
    Column("Split", "folder", wanted=lambda frame: frame["folder"].nunique() > 1),
    Column("Copies of", "against", wanted=lambda frame: bool((frame["against"] == "test").any())),
    SOURCE,
    Column("Copies", "alarm", lambda alarm: "ALARM" if alarm else "none found"),
    Column("Flagged", "copies", count),
    Column("p", "p", p_value),
    Column("Median distance (held-out)", ("median_distance", "median_distance_held_out"), _beside_held_out),
    Column("Authenticity (held-out)", ("authenticity", "authenticity_held_out"), _beside_held_out),
    Column("C_T", "c_t", lambda value: number(value, 1)),
)


MEANING = {  # of copies, by the part whose images they are
    "test": "classifiers that train on them have seen what they are tested on, so that no score of this run counts: "
    "take them out (copies.csv names them, manifest.csv their files) and run the study under another name",
    "training": "a gain from them would be no gain from new images",
}


class Pairs(NamedTuple):
    """Images beside the training images that they are nearest to, the closest pair first."""

    kind: str  # generated, held-out
    images: Pixels  # (P, H, W, 3)
    nearest: Pixels  # (P, H, W, 3), turned and mirrored as each matches best
    ratios: NDArray[np.float64]  # (P,), distance to this training image over distance to the nearest other cell
    flagged: NDArray[np.bool_]  # (P,), whether the image counts as a copy


def copying_table(run: Run) -> Table:
    """One row for each class and split."""
    groups = [run.positive_first(select_splits(run.copying, splits)) for splits in run.groups()]
    frame = stamp_rows(pd.concat(groups))
    frame["look"] = frame["look"].mask(frame["alarm"].astype(bool), "stamped")
    return Table(
        name="copies",
        title=run.stamped("Copies: generated images against their nearest training image"),
        frame=frame,
        columns=COLUMNS,
        notes=tuple(_notes(run)),
        grouped_by=Column("Class", "class"),
    )


def copy_alarms(run: Run) -> list[Statement]:
    """A sentence for each class with copies of training or of test images, in any split; of test images first."""
    alarms = run.copying[run.copying["alarm"].astype(bool)]
    return [
        Statement(
            "Copies of test images" if against == "test" else "Copies",
            f"{rows['copies'].sum()} generated images of {name} ({join_words(list(rows['folder']))}) are {against} "
            f"images over again; {MEANING[str(against)]}.",
        )
        for (against, name), rows in alarms.groupby(["against", "class"])
    ]


def closest_pairs_figures(run: Run) -> Iterator[Figure]:
    """A figure for each class, of the first clean split (or the first); none if it looked for no copies."""
    split = run.pictured
    copies, copying = select_splits(run.copies, [split]), select_splits(run.copying, [split])
    for row in run.positive_first(copying).to_dict("records"):
        name, against = str(row["class"]), str(row["against"])
        of_class = copies[(copies["class"] == name) & (copies["against"] == against)]
        folder = split.folder.pairs / name / ("" if against == "training" else against)
        generated, real = (
            read_pairs(folder, kind, of_class[of_class["kind"] == kind], against) for kind in KINDS[against]
        )
        limit, stamp = float(row["limit"]), split.stamp
        yield closest_pairs_figure(name, generated, real, limit, split.name, against=against, stamp=stamp)


def read_pairs(folder: Path, kind: str, table: pd.DataFrame, against: str = "training") -> Pairs:
    """The closest pairs of the rows of copies.csv of one class and kind.

    Their pictures lie in a folder of the class: KIND_0.png and KIND_0_training.png (or KIND_0_test.png) are the
    closest, an image and the one of the training (or test) part.

    Raises:
        InputError: A picture is missing.
    """
    closest = closest_first(table).head(SHOWN)
    files = [(folder / f"{kind}_{i}.png", folder / f"{kind}_{i}_{against}.png") for i in range(len(closest))]
    for path in (path for pair in files for path in pair):
        if not path.is_file():
            raise damaged(path, "it is missing")

    return Pairs(
        kind=kind,
        images=np.stack([read_image(image) for image, _ in files]),
        nearest=np.stack([read_image(training) for _, training in files]),
        ratios=closest["ratio"].to_numpy(),
        flagged=closest["flagged"].to_numpy(dtype=bool),
    )


def closest_pairs_figure(
    class_name: str, generated: Pairs, real: Pairs, limit: float, split: str, *, against: str = "training", stamp: str
) -> Figure:
    """Each image above its nearest training (or test) image, with the ratio of distances; a copy, it is red."""
    rows = list[Row]()
    for pairs in (generated, real):
        rows.append(Row(pairs.images, pairs.kind, above=BETWEEN if rows else 0, below=GAP))
        rows.append(Row(pairs.nearest, against, below=NUMBERS))

    with image_rows(rows, SHOWN, left=LEFT) as (figure, placed):
        for pairs, row in zip((generated, real), placed[1::2], strict=True):
            y = row.top + row.height + 23
            text_at(figure, LEFT - 14, y, "ratio", ha="right", va="center", fontsize=6.5, color="#444444")
            for i, (ratio, flagged) in enumerate(zip(pairs.ratios, pairs.flagged, strict=True)):
                middle = LEFT + (i + 0.5) * (row.width + GAP) / SHOWN - GAP / 2
                look = COPY if flagged else ORIGINAL
                text_at(figure, middle, y, f"{ratio:.2f}", ha="center", va="center", fontsize=8, **look)

        title = f"{class_name}: the generated and {real.kind} images closest to a {against} image"
        caption = (
            f"Each image above the {against} image of {split} that it is nearest to, turned and mirrored as it matches "
            f"best. The ratio is its distance to that image over its distance to the nearest other cell: at 1 it is as "
            f"near to another, below {limit:.2f} (red) it counts as a copy."
        )
        name = f"closest_pairs_{class_name}{'_test' if against == 'test' else ''}"
        return finish(figure, name, title, caption, stamp=stamp)


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

    if (run.copying["against"] == "test").any():
        yield (
            "Copies of test: generated images against the test images of both classes, with training images in the "
            "place of held-out ones, none of which is a copy. One image is enough for the alarm if it shows the same "
            "as a test image by the rules that no split may cross."
        )
    if run.leaky:
        yield f"{LEAKY} splits: the GAN had seen the held-out images too, and copies of those are not looked for."
