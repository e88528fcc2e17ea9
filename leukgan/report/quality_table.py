"""The table of quality: each measure of the generated images between the best and the worst that it can be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from leukgan.metrics.image_quality import name_metrics
from leukgan.metrics.registry import METRICS
from leukgan.presentation.formatting import interval, number
from leukgan.presentation.tables import LEAKY_NOTE, SOURCE, Column, Table, stamp_rows
from leukgan.report.results import Run

PLACES = ("value", "floor", "other_class", "noise", "unselected")
ENDS = ("low", "high", "floor_low", "floor_high")
COUNTS = ("n_generated", "n_train", "n_test")
KEYS = ["measure", "metric", "features"]
NUMBERS = ("class", "measure", "protocol", "splits", *PLACES, "value_sd", *ENDS, "selection_bias", *COUNTS)


def _interval(low: float, high: float, deviation: float) -> str:
    return interval(low, high, number) if math.isnan(deviation) else f"± {number(deviation)}"


def _title(metric: str) -> str:
    return METRICS[metric].title if metric in METRICS else metric


COLUMNS = (
    Column("Measure", "metric", _title),
    SOURCE,
    Column("Generated", "value", number),
    Column("95% interval", ("low", "high", "value_sd"), _interval),
    Column("Real training images", "floor", number),
    Column("Other class", "other_class", number),
    Column("Noise", "noise", number),
    Column("Not selected", "unselected", number, wanted=lambda frame: bool(frame["unselected"].notna().any())),
)


def quality_table(run: Run) -> Table:
    """Every measure of every class, the mean over splits."""
    quality = name_metrics(run.quality)
    rows = [
        {"class": class_name, **dict(zip(KEYS, keys, strict=True)), "protocol": splits[0].protocol, **_summary(values)}
        for splits in run.groups()
        for class_name in run.classes[::-1]
        for keys, values in quality[
            (quality["protocol"] == splits[0].protocol) & (quality["class"] == class_name)
        ].groupby(KEYS, sort=False)
    ]
    frame = stamp_rows(pd.DataFrame(rows, columns=[*NUMBERS, "metric", "features"]))
    return Table(
        name="quality",
        title=run.stamped("Quality of the generated images, against real test images"),
        frame=frame,
        columns=COLUMNS,
        notes=tuple(_notes(run, frame)),
        numbers=frame[[*NUMBERS]],
        grouped_by=Column("Class", "class"),
    )


def _summary(values: pd.DataFrame) -> dict[str, Any]:
    """Means over the splits of one measure, with its standard deviation or, for one split, its interval."""
    first, one = values.iloc[0], len(values) == 1
    return {
        "splits": len(values),
        **{place: values[place].mean() for place in PLACES},
        "value_sd": math.nan if one else values["value"].std(),
        **{end: first[end] if one else math.nan for end in ENDS},
        "selection_bias": (values["value"] - values["unselected"]).mean(),
        **{name: int(first[name]) for name in COUNTS},
    }


def _notes(run: Run, frame: pd.DataFrame) -> Iterator[str]:
    if frame.empty:
        yield "This run has no measures of quality."
        return
    features = sorted(set(frame["features"]) - {""})
    yield (
        f"↓ small is good, ↑ large is good, = as for real training images is good. In the features "
        f"{', '.join(features)}: values in other features, or of other numbers of images, are not comparable."
    )
    yield (
        "KID: kernel distance to real images. Precision: share of generated images inside the manifold of real ones; "
        "recall: share of real images inside that of generated ones; density and coverage: the same, robust against "
        "outliers. SSIM of pairs: how much alike the images are among themselves."
    )
    yield (
        "Real training images: what real images get in the generated ones' place, the best that can be hoped for. "
        "Other class: real training images of the other class. Noise: random pixels. A measure that hardly tells these "
        "apart says nothing here."
    )
    first = frame.iloc[0]
    counts = f"{first['n_generated']} generated images a class against {first['n_test']} real test images"
    if first["splits"] == 1:
        yield f"{counts}. Intervals (bootstrap over images) do not hold what another training of the GAN would change."
    else:
        yield f"{counts} in each split; mean and standard deviation over splits."
    if frame["unselected"].notna().any():
        yield (
            "Not selected: as many images of the same GANs without generation.selection; the difference is the bias "
            "that the selection adds."
        )
    if (frame["metric"] == "fid").any():
        yield "FID of so few images is biased by far more than the differences it is asked for."
    if run.leaky:
        yield LEAKY_NOTE
