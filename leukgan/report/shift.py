"""How far the images of external test sets are from the training images."""

from functools import partial

from leukgan.data.check.findings import PROPERTIES
from leukgan.presentation.formatting import interval, number
from leukgan.presentation.tables import Column, Table
from leukgan.report.results import Run

LABELS = {
    "brightness": "brightness",
    "red": "red",
    "green": "green",
    "blue": "blue",
    "contrast": "contrast",
    "sharpness": "sharpness",
    **PROPERTIES,
}
SHOWN = 0.05  # beyond which, from 0.5, an interval tells that images differ


def _label(measure: str) -> str:
    return LABELS.get(measure, f"KID to the training images, {measure.removeprefix('kid_')}")


def _share(auc: float) -> str:
    return number(auc, 2)


COLUMNS = (
    Column("Measure", "measure", _label),
    Column("Training images", "training", number),
    Column("Own test images", "test", number),
    Column("These images", "external", number),
    Column("Larger than training: own test", "auc_test", _share),
    Column("These", "auc", _share),
    Column("95% interval", ("low", "high"), partial(interval, form=number)),
)


def shift_table(run: Run) -> Table | None:
    """A row for each external set and measure, in the split that figures show; None without external sets."""
    rows = run.shift[run.shift["folder"] == run.pictured.name]
    if rows.empty:
        return None
    return Table(
        name="shift",
        title=f"How far the images from elsewhere are from the training images ({run.pictured.name})",
        frame=rows.drop(columns="folder"),
        columns=COLUMNS,
        notes=(
            "Medians, from 0 to 255 but for sharpness, means over both classes. Larger than training: the chance that "
            "an image has a larger value than a training image of its class, 0.5 where they do not differ. Background "
            "and surroundings are those of the data check, measured in the corners beside the cell. KID: the distance "
            "to the training images in a network's features, 0 where they do not differ; its interval is that of these "
            "images. Images count as independent.",
        ),
        grouped_by=Column("Test set", "test_set"),
    )


def describe_shift(run: Run, test_set: str) -> str:
    """What an external set's images differ in most, in a sentence; empty if that was not measured."""
    rows = run.shift[(run.shift["folder"] == run.pictured.name) & (run.shift["test_set"] == test_set)]
    measured = rows[rows["auc"].notna()]
    if measured.empty:
        return ""
    distance = "".join(
        f" KID to the training images is {number(row['external'])}, that of the own test images {number(row['test'])}."
        for row in rows[rows["auc"].isna()].to_dict("records")
    )

    shown = measured[(measured["low"] > 0.5 + SHOWN) | (measured["high"] < 0.5 - SHOWN)]
    if shown.empty:
        return f"Brightness, colour and sharpness of its images are not shown to differ from the training's.{distance}"
    furthest = max(shown.to_dict("records"), key=lambda row: abs(row["auc"] - 0.5))
    return (
        f"Its images differ from the training images most in {_label(furthest['measure'])}: "
        f"{number(furthest['external'])} against {number(furthest['training'])} (own test images: "
        f"{number(furthest['test'])}).{distance}"
    )
