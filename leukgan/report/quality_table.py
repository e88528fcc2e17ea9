"""The table of quality: each measure of the generated images between the best and the worst that it can be."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from leukgan.metrics.degradation import DEGRADATIONS
from leukgan.metrics.image_quality import name_metrics
from leukgan.metrics.registry import METRICS
from leukgan.presentation.formatting import NONE, interval, join_words, number, percent
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.results import Run

PLACES = ("value", "floor", "other_class", "noise", "unselected")
ENDS = ("low", "high", "floor_low", "floor_high")
COUNTS = ("n_generated", "n_train", "n_test")
TOLD = {"told": "features", "told_spectrum": "power spectra", "told_thumbnail": "thumbnails"}
REALISM = (
    (0.9, "The generated images are easily told from real ones"),
    (0.7, "The generated images are often told from real ones"),
    (0.0, "The generated images are hard to tell from real ones"),
)
KEYS = ["measure", "metric", "features"]
NUMBERS = (
    *("class", "measure", "protocol", "splits", *PLACES, "value_sd", *ENDS, "selection_bias", *COUNTS, *DEGRADATIONS),
    "faults_seen",
)


def _interval(low: float, high: float, deviation: float) -> str:
    return interval(low, high, number) if math.isnan(deviation) else f"± {number(deviation)}"


COLUMNS = (
    Column("Measure", "metric", lambda name: METRICS[name].title if name in METRICS else name),
    SOURCE,
    Column("Generated", "value", number),
    Column("95% interval", ("low", "high", "value_sd"), _interval),
    Column("Real training images", "floor", number),
    Column("Other class", "other_class", number),
    Column("Noise", "noise", number),
    Column("Faults seen", "faults_seen", wanted=lambda frame: bool((frame["faults_seen"] != NONE).any())),
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
        written=NUMBERS,
        grouped_by=Column("Class", "class"),
    )


def describe_realism(run: Run) -> Statement | None:
    """How often a classifier tells the generated images from real ones, in words; None if that was not measured."""
    quality = name_metrics(run.quality)
    told = quality[quality["metric"].isin(TOLD)].groupby(["metric", "class"], sort=False)[["value", "floor"]].mean()
    if told.empty:
        return None

    # The inputs that give the images away most, and what real images get by the same ones.
    worst = str(told["value"].groupby("metric").mean().idxmax())
    rows = told.xs(worst)
    shares = [f"{percent(float(rows['value'][name]))}% ({name})" for name in run.classes[::-1] if name in rows.index]
    text = (
        f"asked which of two unseen images is the real one, a classifier of {TOLD[worst]} is right in "
        f"{join_words(shares)} of pairs; for two real images it is right in {percent(rows['floor'].mean())}%."
    )
    return Statement(next(lead for limit, lead in REALISM if rows["value"].mean() >= limit), text)


def _summary(values: pd.DataFrame) -> dict[str, Any]:
    """Means over the splits of one measure, with its standard deviation or, for one split, its interval."""
    first, one = values.iloc[0], len(values) == 1
    return {
        "splits": len(values),
        **{place: values[place].mean() for place in PLACES},
        "value_sd": math.nan if one else values["value"].std(),
        **{end: first[end] if one else math.nan for end in ENDS},
        "selection_bias": (values["value"] - values["unselected"]).mean(),
        **{name: values[name].mean() for name in DEGRADATIONS},
        "faults_seen": _faults_seen(values),
        **{name: int(first[name]) for name in COUNTS},
    }


def _faults_seen(values: pd.DataFrame) -> str:
    """The faults that a measure tells from real images in most splits: beyond the interval of real training images."""
    if values[[*DEGRADATIONS]].isna().all(axis=None):
        return NONE  # a run made before they were measured
    metric = METRICS.get(str(values["metric"].iloc[0]))
    seen = []
    for name in DEGRADATIONS:
        above, below = values[name] > values["floor_high"], values[name] < values["floor_low"]
        worse = {"lower": above, "higher": below}.get(metric.direction if metric else "", above | below)
        if worse.mean() > 0.5:
            seen.append(name.replace("_", " "))
    return ", ".join(seen) or "none"


def _notes(run: Run, frame: pd.DataFrame) -> Iterator[str]:
    if frame.empty:
        yield "This run has no measures of quality."
        return

    # How to read the table.
    features = sorted(set(frame["features"]) - {""})
    yield (
        f"↓ small is good, ↑ large is good, = as for real training images is good. In the features "
        f"{', '.join(features)}: values in other features, or of other numbers of images, are not comparable."
    )

    # What each measure is.
    yield (
        "Told from real: how well a classifier that has not seen an image tells generated from real test images, as "
        "AUROC: 0.5 if it can't at all, 1 if always."
    )
    yield (
        "Faults seen: which of real training images blurred, at half resolution or with a faint grid the measure tells "
        "from real ones. A measure that sees none of them can't say that images look real."
    )
    yield (
        "KID: kernel distance to real images. Precision: share of generated images inside the manifold of real ones; "
        "recall: share of real images inside that of generated ones; density and coverage: the same, robust against "
        "outliers. SSIM of pairs: how much alike the images are among themselves."
    )

    # What the other columns are.
    yield (
        "Real training images: what real images get in the generated ones' place, the best that can be hoped for. "
        "Other class: real training images of the other class. Noise: random pixels. A measure that hardly tells these "
        "apart says nothing here."
    )

    # How many images, and what is special about this run.
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
    yield from run.stamp_notes
