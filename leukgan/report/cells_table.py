"""How far the measurements of generated cells are from those of real ones."""

from __future__ import annotations

from functools import partial

import pandas as pd

from leukgan.data.split import derive_seed
from leukgan.metrics import measurement_distances
from leukgan.presentation.formatting import NONE, interval, number
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.measurement_figures import PANELS
from leukgan.report.results import Run, select_splits

TWO_DECIMALS = partial(number, digits=2)


def _name(measurement: str) -> str:
    words, unit, _ = PANELS[measurement]
    return f"{words} ({unit})"


def _mean_and_deviation(measurement: str, n: int, mean: float, deviation: float) -> str:
    factor = PANELS[measurement][2]
    return f"{factor * mean:.1f} ± {factor * deviation:.1f}" if n > 1 else NONE


COLUMNS = (
    Column("Measurement", "measurement", _name),
    SOURCE,
    Column("Real", ("measurement", "n_real", "mean_real", "sd_real"), _mean_and_deviation),
    Column("Generated", ("measurement", "n_generated", "mean_generated", "sd_generated"), _mean_and_deviation),
    Column("Distance", "distance", TWO_DECIMALS),
    Column("95% interval", ("low", "high"), partial(interval, form=TWO_DECIMALS)),
    Column("Held-out real images", "floor", TWO_DECIMALS),
)


def cell_distances(run: Run) -> pd.DataFrame:
    """A row for each protocol, class and measurement, on the first split of each protocol; empty without cells.

    Columns are those of `measurement_distances`, with held-out real images as baseline, and class, split and protocol.
    """
    frames = []
    for split in (group[0] for group in run.groups()):
        cells = select_splits(run.cells, [split])
        for label, name in ((1, run.classes[1]), (0, run.classes[0])):
            if cells.empty:
                continue
            kinds = dict(iter(cells[cells["class"] == name].groupby("kind")))
            distances = measurement_distances(
                kinds["training"],
                kinds["generated"],
                seed=derive_seed(int(split.provenance["seed"]), label),
                real_baseline=kinds["held-out"],
            )
            frames.append(distances.assign(**{"class": name, "split": split.name, "protocol": split.protocol}))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def cells_table(run: Run, distances: pd.DataFrame) -> Table:
    """The distances as a table."""
    frame = distances if distances.empty else stamp_rows(distances)
    note = (
        "Mean ± standard deviation. Distance: Wasserstein-1, in standard deviations of real training images. Two "
        "samples of the same cells are apart too: compare it with that of held-out real images (last column)."
    )
    return Table(
        name="cells",
        title=run.stamped("Cell measurements, real training images and generated ones"),
        frame=frame,
        columns=tuple(column for column in COLUMNS if run.leaky or column is not SOURCE),
        notes=("This run measured no cells.",) if frame.empty else (note,),
        numbers=frame[[*distances]],
        grouped_by=Column("Class", "class"),
    )
