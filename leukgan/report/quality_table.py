"""The table of quality: each measure of the generated images between the best and the worst that it can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from leukgan.metrics.image_quality import COLUMNS
from leukgan.presentation.formatting import LEAKY, NONE
from leukgan.presentation.tables import LEAKY_NOTE, Row, Table, source_label
from leukgan.report.measured import rows_of
from leukgan.report.results import Run, Split, stamped

TITLES = {
    "kid": "KID ↓",
    "precision": "Precision ↑",
    "recall": "Recall ↑",
    "density": "Density ↑",
    "coverage": "Coverage ↑",
    "ssim": "SSIM of pairs =",
    "ms_ssim": "MS-SSIM of pairs =",
    "fid": "FID, not comparable ↓",
}
PLACES = ("value", "floor", "other_class", "noise", "unselected")


def quality_table(run: Run) -> Table:
    """Every measure of every class, the mean over splits."""
    rows: list[Row] = []
    numbers: list[dict[str, object]] = []
    selected = False
    for splits in run.groups():
        table = rows_of(splits, "quality", COLUMNS)
        selected = selected or bool(table["unselected"].notna().any())
        for class_name in run.classes[::-1]:
            for measure, values in table[table["class"] == class_name].groupby("measure", sort=False):
                rows.append(Row(class_name, _kind(splits), tuple(_cells(str(measure), values, run, splits))))
                numbers.append(_numbers(class_name, str(measure), values, splits))
    columns = ["Measure", *(["Source"] if run.leaky else []), "Generated", "95% interval", "Real training images"]
    columns += ["Other class", "Noise", "Not selected"]
    shown = [i for i, column in enumerate(columns) if selected or column != "Not selected"]
    return Table(
        name="quality",
        title=stamped("Quality of the generated images, against real test images", run),
        columns=tuple(columns[i] for i in shown),
        rows=tuple(Row(row.group, row.kind, tuple(row.cells[i] for i in shown)) for row in rows),
        notes=tuple(_notes(run, numbers, selected)),
        numbers=pd.DataFrame(numbers),
        grouped_by="Class",
    )


def _kind(splits: Sequence[Split]) -> str:
    return "leaky" if splits[0].leaky else "ours"


def _cells(measure: str, values: pd.DataFrame, run: Run, splits: Sequence[Split]) -> Iterator[str]:
    yield TITLES.get(measure.removesuffix(f"_{_features(measure)}"), measure)
    if run.leaky:
        yield source_label(splits[0].leaky)
    means = values[list(PLACES)].mean()
    yield _number(means["value"])
    if len(values) > 1:
        yield f"± {_number(values['value'].std())}"
    elif values["low"].isna().all():
        yield NONE
    else:
        yield f"{_number(values['low'].iloc[0])} to {_number(values['high'].iloc[0])}"
    yield from (_number(means[place]) for place in ("floor", "other_class", "noise", "unselected"))


def _numbers(class_name: str, measure: str, values: pd.DataFrame, splits: Sequence[Split]) -> dict[str, object]:
    one = len(values) == 1
    return {
        "class": class_name,
        "measure": measure,
        "protocol": LEAKY if splits[0].leaky else "clean",
        "splits": len(values),
        **{place: float(values[place].mean()) for place in PLACES},
        "value_sd": None if one else float(values["value"].std()),
        **{end: float(values[end].iloc[0]) if one else None for end in ("low", "high", "floor_low", "floor_high")},
        "selection_bias": float((values["value"] - values["unselected"]).mean()),
        **{count: int(values[count].iloc[0]) for count in ("n_generated", "n_train", "n_test")},
    }


def _number(value: float) -> str:
    """Three significant digits or so: what such measures carry."""
    if pd.isna(value):
        return NONE
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # + 0.0 makes -0.0 plain


def _notes(run: Run, numbers: Sequence[dict[str, object]], selected: bool) -> Iterator[str]:
    if not numbers:
        yield "This run has no measures of quality."
        return
    features = sorted({_features(str(row["measure"])) for row in numbers} - {""})
    first = numbers[0]
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
    counts = f"{first['n_generated']} generated images a class against {first['n_test']} real test images"
    if first["splits"] == 1:
        yield f"{counts}. Intervals (bootstrap over images) do not hold what another training of the GAN would change."
    else:
        yield f"{counts} in each split; mean and standard deviation over splits."
    if selected:
        yield (
            "Not selected: as many images of the same GANs without generation.selection; the difference is the bias "
            "that the selection adds."
        )
    if any(str(row["measure"]).startswith("fid") for row in numbers):
        yield "FID of so few images is biased by far more than the differences it is asked for."
    if run.leaky:
        yield LEAKY_NOTE


def _features(measure: str) -> str:
    return "" if measure in ("ssim", "ms_ssim") else measure.partition("_")[2]
