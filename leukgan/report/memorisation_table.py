"""Did the GAN copy? The table of distances to training images, and the alarm."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from leukgan.presentation.formatting import LEAKY, count, join_words, number, p_value
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.results import Run, select_splits


def _beside_held_out(generated: float, held_out: float) -> str:
    return f"{generated:.2f} ({held_out:.2f})"


COLUMNS = (
    Column("Split", "folder"),
    SOURCE,
    Column("Copies", "alarm", lambda alarm: "ALARM" if alarm else "none found"),
    Column("Flagged", "copies", count),
    Column("p", "p", p_value),
    Column("Median distance (held-out)", ("median_distance", "median_distance_held_out"), _beside_held_out),
    Column("Authenticity (held-out)", ("authenticity", "authenticity_held_out"), _beside_held_out),
    Column("C_T", "c_t", lambda value: number(value, 1)),
)


def copying_table(run: Run) -> Table:
    """One row for each class and split."""
    groups = [select_splits(run.copying, splits) for splits in run.groups()]
    positive_first = [
        rows.sort_values("class", key=lambda name: name != run.classes[1], kind="stable") for rows in groups
    ]
    frame = stamp_rows(pd.concat(positive_first))
    frame["look"] = frame["look"].mask(frame["alarm"].astype(bool), "leaky")
    hidden = (set() if run.leaky else {"Source"}) | (set() if len(run.splits) > 1 else {"Split"})
    return Table(
        name="copies",
        title=run.stamped("Copies: generated images against their nearest training image"),
        frame=frame,
        columns=tuple(column for column in COLUMNS if column.label not in hidden),
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
