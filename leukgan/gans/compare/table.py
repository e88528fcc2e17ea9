"""The comparison of GANs as a table."""

import math

import pandas as pd

from leukgan.gans.registry import gan_title
from leukgan.presentation.formatting import LEAKY, NONE, number, quantity
from leukgan.presentation.tables import Column, Table

NOTES = (
    "KID: kernel inception distance of generated images to held-out real ones, lower is better, ± its standard error "
    "over cells and generated images. Floor: the same of the real training images, which no generator can be expected "
    "to undercut; the estimate has no bias, so values near 0 also fall below it. Only distances of one table, with "
    "the same weights, can be compared, and one training tells little about a setting: seeds differ too.",
    "Gap: how far held-out images have sunk, in the critic's eyes, from training images (0) to generated ones (1), "
    "over the last fifth of the logged steps, ± its standard error over those steps.",
    "Wasserstein: the critic's estimate on training and on held-out images, where it has one.",
)


def comparison_table(rows: pd.DataFrame, kid: str, images: int) -> Table:
    """The GANs side by side, a row each, by their distance in the column `kid`, of so many generated images."""
    columns = (
        *(Column(name.capitalize(), name) for name in ("split", "class") if rows[name].nunique() > 1),
        Column("GAN", "gan", gan_title),
        Column("Steps", "generator_steps", "{:,}".format),
        Column("Changed against the first run", "changed", lambda changed: changed.replace("; ", ", ") or NONE),
        Column("KID", (kid, f"{kid}_std"), with_error),
        Column("Floor", (f"{kid}_floor", f"{kid}_floor_std"), with_error),
        Column("Gap", ("gap", "gap_std"), with_error),
        Column("Wasserstein", ("wasserstein_training", "wasserstein_held_out"), _pair),
        Column("Losses", "losses"),
    )
    run = Column("Run", ("run", "protocol"), lambda run, protocol: run if protocol == "clean" else f"{run} ({LEAKY})")
    leaks = [f"{LEAKY} (protocol=paper): the GAN had seen the held-out images; its row is no evidence."]
    notes = (*(leaks if (rows["protocol"] == "paper").any() else []), *NOTES)
    title = f"GANs side by side ({kid}, {quantity(images, 'generated image')} each)"
    return Table("comparison", title, rows, columns, notes, grouped_by=run)


def with_error(value: float, error: float) -> str:
    """A number and its standard error as a reader sees them."""
    return number(value, 2) if math.isnan(error) else f"{number(value, 2)} ± {number(error, 2)}"


def _pair(training: float, held_out: float) -> str:
    return NONE if math.isnan(training) else f"{number(training, 2)} / {number(held_out, 2)}"
