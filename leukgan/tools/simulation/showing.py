"""The rates as text to read and as csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tabulate import tabulate

from leukgan.presentation.formatting import points
from leukgan.tools.simulation.rates import Rates

FOUND = ("scenario", "true gain", "corrected test", "naive test", "promised", "promised by design")
SPREADS = ("scenario", "80% power from", "disagreement", "spread", "spread by design")
CSV_HEADER = (
    *("scenario", "studies", "splits", "n_test", "n_train", "true_gain", "true_gain_error"),
    *("corrected", "corrected_low", "corrected_high", "naive", "naive_low", "naive_high"),
    *("promised", "promised_by_design", "smallest_detectable", "disagreement", "spread", "spread_by_design"),
)


def text_of(rows: Sequence[Rates]) -> str:
    """Two tables in percent and points of accuracy, what was found and what it rests on, and a line on the design."""
    found = [
        (
            row.scenario,
            points(row.gain) if row.sign else "none",
            percent(row.corrected / row.studies, row.corrected_interval),
            percent(row.naive / row.studies, row.naive_interval),
            f"{row.promised:.1%}",
            f"{row.promised_by_design:.1%}",
        )
        for row in rows
    ]
    spreads = [
        (
            row.scenario,
            points(row.smallest, sign=False),
            f"{row.disagreement:.1%}",
            points(row.spread, sign=False),
            points(row.design_spread, sign=False),
        )
        for row in rows
    ]
    first = rows[0]
    return (
        f"{table_of(found, FOUND)}\n\n{table_of(spreads, SPREADS)}\n\n"
        f"{first.studies} studies of {first.n_train + first.n_test} images, {first.splits} splits with "
        f"{first.n_train} training and {first.n_test} test images; shares of studies, 95% intervals in brackets."
    )


def table_of(cells: Sequence[Sequence[str]], columns: Sequence[str]) -> str:
    """A table whose first column is on the left and whose numbers are on the right."""
    return tabulate(cells, columns, disable_numparse=True, colalign=("left", *["right"] * (len(columns) - 1)))


def percent(rate: float, interval: tuple[float, float]) -> str:
    """A rate and its interval."""
    low, high = (100 * bound for bound in interval)
    return f"{rate:.1%} [{low:.1f}, {high:.1f}]"


def csv_of(rows: Sequence[Rates]) -> str:
    """One line for each scenario; accuracies, rates and shares are fractions."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    for row in rows:
        design = (row.studies, row.splits, row.n_test, row.n_train)
        rates = (row.corrected / row.studies, *row.corrected_interval, row.naive / row.studies, *row.naive_interval)
        promised = (row.promised, row.promised_by_design, row.smallest)
        spreads = (row.disagreement, row.spread, row.design_spread)
        numbers = (row.gain, row.gain_error, *rates, *promised, *spreads)
        writer.writerow((row.scenario, *design, *(f"{number:.6g}" for number in numbers)))
    return text.getvalue()
