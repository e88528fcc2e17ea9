"""How far rendered smears are from real cells, as text to read and as csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from tabulate import tabulate

from leukgan.metrics.real_or_generated import COLOURS
from leukgan.presentation.formatting import NONE, join_words, percent
from leukgan.report.cells import PANELS

Rows = dict[str, dict[str, float]]  # values by measure and column


def text_of(comparisons: Mapping[str, pd.DataFrame]) -> str:
    """Three tables and what their numbers are.

    Args:
        comparisons: By what is rendered, as `compare_sets` gives them.
    """
    by_measure: dict[str, Rows] = {name: _rows(table) for name, table in comparisons.items()}
    accuracies, colours = [], []
    for name, rows in by_measure.items():
        mean, spread, n = (rows["accuracy"][key] for key in ("value", "spread", "n_real"))
        error = np.sqrt(mean * (1 - mean) / (2 * n))
        accuracies.append((name, f"{percent(mean)} ± {percent(spread)}", "50", percent(error)))
        colours.append((name, *(f"{rows[colour]['value']:.1f}" for colour in COLOURS)))
    parts = [
        _table(accuracies, ("rendered", "told from real, %", "chance", "standard error")),
        "Accuracy of a logistic regression on 25 x 25 pixels, cross-validated; ± over divisions into folds. The\n"
        "standard error is what other images would do to it.",
        _table(colours, ("rendered", *COLOURS)),
        "Wasserstein distances of the colour histograms, in levels of 0 to 255.",
    ]
    for name, rows in by_measure.items():
        cells = [(f"{words} ({unit})", *_cells(rows[key], factor)) for key, (words, unit, factor) in PANELS.items()]
        parts.append(_table(cells, ("cells", "real", f"rendered: {name}", "distance", "95% interval")))
    parts.append(
        "Median (quartiles). Distance: Wasserstein-1, in standard deviations of the real images; two samples of the\n"
        "same cells are not 0 apart."
    )
    return "\n\n".join(parts)


def csv_of(comparisons: Mapping[str, pd.DataFrame]) -> str:
    """All rows of all comparisons, what is rendered first."""
    tables = [table.assign(rendered=name) for name, table in comparisons.items()]
    together = pd.concat(tables, ignore_index=True).rename(columns=lambda name: name.replace("_other", "_rendered"))
    return together[["rendered", *together.columns.drop("rendered")]].to_csv(index=False, lineterminator="\n")


def name_of(subtypes: list[str]) -> str:
    """Healthy cells of some subtypes in words: small lymphocyte and monocyte."""
    return join_words([subtype.replace("_", " ") for subtype in subtypes])


def _rows(table: pd.DataFrame) -> Rows:
    numbers = table.set_index("measure").astype(float)
    return {
        str(name): dict(zip(numbers.columns, row, strict=True))
        for name, row in zip(numbers.index, numbers.to_numpy(), strict=True)
    }


def _cells(row: dict[str, float], factor: float) -> tuple[str, ...]:
    summaries = []
    for which in ("real", "other"):
        median, lower, upper = (factor * row[f"{key}_{which}"] for key in ("median", "lower", "upper"))
        summaries.append(NONE if np.isnan(median) else f"{median:#.3g} ({lower:#.3g} to {upper:#.3g})")
    if np.isnan(row["value"]):
        return (*summaries, NONE, NONE)
    return (*summaries, f"{row['value']:.2f}", f"{row['low']:.2f} to {row['high']:.2f}")


def _table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...]) -> str:
    return tabulate(rows, header, disable_numparse=True, colalign=("left", *["right"] * (len(header) - 1)))
