"""Did the GAN copy? The table of distances to training images, and the alarm."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from leukgan.presentation.formatting import LEAKY, join_words, p_value
from leukgan.presentation.tables import Row, Table, source_label
from leukgan.report.measured import rows_of
from leukgan.report.results import Run, stamped

COLUMNS = (
    *("class", "limit", "copies", "copies_held_out", "p", "alarm", "authenticity", "authenticity_held_out"),
    *("c_t", "median_distance", "median_distance_held_out"),
)


def copying_table(run: Run) -> Table:
    """One row a class and split."""
    rows: list[Row] = []
    numbers: list[pd.DataFrame] = []
    several = len(run.splits) > 1
    for splits in run.groups():
        leaky = splits[0].leaky
        table = rows_of(splits, "copying", COLUMNS)
        numbers.append(table.assign(protocol=LEAKY if leaky else "clean"))
        for row in table.sort_values("class", key=lambda name: name != run.classes[1], kind="stable").to_dict(
            "records"
        ):
            cells = [str(row["folder"])] if several else []
            cells += [source_label(leaky)] if run.leaky else []
            cells += [
                "ALARM" if row["alarm"] else "none found",
                f"{int(row['copies'])}",
                p_value(row["p"]),
                f"{row['median_distance']:.2f} ({row['median_distance_held_out']:.2f})",
                f"{row['authenticity']:.2f} ({row['authenticity_held_out']:.2f})",
                f"{row['c_t']:.1f}".replace("-", "−"),
            ]
            rows.append(Row(str(row["class"]), "leaky" if leaky or row["alarm"] else "ours", tuple(cells)))
    columns = [*(["Split"] if several else []), *(["Source"] if run.leaky else []), "Copies", "Flagged", "p"]
    columns += ["Median distance (held-out)", "Authenticity (held-out)", "C_T"]
    return Table(
        name="copies",
        title=stamped("Copies: generated images against their nearest training image", run),
        columns=tuple(columns),
        rows=tuple(rows),
        notes=tuple(_notes(run, bool(rows))),
        numbers=pd.concat(numbers, ignore_index=True),
        grouped_by="Class",
    )


def copy_alarms(run: Run) -> list[str]:
    """A sentence for each class whose GAN copies, in any split."""
    table = rows_of(run.splits, "copying", COLUMNS)
    alarms = table[table["alarm"].astype(bool)] if len(table) else table
    return [
        f"Copies: {int(group['copies'].sum())} generated images of {name} ({join_words(list(group['folder']))}) are "
        "training images over again; a gain from them would be no gain from new images."
        for name, group in alarms.groupby("class")
    ]


def _notes(run: Run, found: bool) -> Iterator[str]:
    if not found:
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
