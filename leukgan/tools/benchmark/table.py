"""Measured rows as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from tabulate import tabulate

from leukgan.tools.benchmark.measuring import Row

COLUMNS = ("case", "device", "ms", "images/s", "plain ms", "ratio", "GFLOP", "of peak", "peak MiB")


def table_of(rows: Sequence[Row]) -> str:
    """The rows as a table, a dash where there is nothing to measure."""
    cells = [
        (
            f"{row.image_size}-{row.width}-{row.precision}",
            row.device,
            number(row.milliseconds, ".1f"),
            number(row.images_per_second, ".0f"),
            number(row.plain_milliseconds, ".1f"),
            number(row.ratio, ".2f"),
            number(row.gflop, ".3g"),
            number(row.share_of_peak, ".0%"),
            number(row.peak_mebibytes, ".0f"),
        )
        for row in rows
    ]
    return tabulate(cells, COLUMNS, disable_numparse=True, colalign=("left", "left", *["right"] * 7))


def json_of(rows: Sequence[Row]) -> str:
    """The rows as a JSON list."""
    return json.dumps([asdict(row) for row in rows], indent=2) + "\n"


def number(value: float | None, form: str) -> str:
    """A number in a format, or a dash for none."""
    return "-" if value is None else format(value, form)
