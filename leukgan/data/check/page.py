"""check.html and images.csv."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from leukgan.data.check.checking import Checked
from leukgan.data.check.figures import check_figures
from leukgan.data.check.findings import PROPERTIES, findings
from leukgan.data.images import CellImages
from leukgan.data.sources.registry import describe_source
from leukgan.presentation.formatting import NONE, interval, join_words, number, p_value, quantity
from leukgan.presentation.page import Statement, render_template
from leukgan.presentation.tables import Column, Table
from leukgan.run_folder.files import write_atomic


def write_check(
    checked: Checked, folder: Path, *, augmentation: dict[str, str], design: Statement | None, command: str
) -> Path:
    """Write check.html and images.csv into a folder; gives back check.html's path.

    Args:
        checked: What was found.
        folder: It is made where it is missing.
        augmentation: Names of what the GANs and the classifiers would be trained on.
        design: What a study could detect, in a sentence; or None.
        command: That made the page.
    """
    figures = check_figures(checked, augmentation)
    found = findings(checked)
    errors = [finding for finding in found if finding.level == "error"]
    table = checked.survey.table
    page = render_template(
        "data/check/check.html.j2",
        classes=checked.classes,
        source=describe_source(checked.source),
        where=checked.survey.where,
        errors=errors,
        refusal=checked.refusal,
        findings=found,
        counts=_counts(checked),
        differences=_differences(checked),
        split=_split(checked),
        design=design,
        command=command,
        problems=table.loc[table["problem"] != "", ["image", "problem"]].to_dict("records"),
        figures={name: [f for f in figures if f.name.startswith(name)] for name in ("sheet", "augmentation")}
        | {name: [f for f in figures if f.name == name] for name in ("repeats", "overlaps", "surroundings")},
        fingerprint=checked.images.fingerprint() if checked.images is not None else "",
    )
    write_atomic(folder / "images.csv", checked.table().to_csv(index=False))
    write_atomic(folder / "check.html", page)
    return folder / "check.html"


def _counts(checked: Checked) -> Table:
    """What there is of each class."""
    table = checked.survey.table
    groups = dict(zip(checked.images.names, checked.images.groups, strict=True)) if checked.images is not None else {}
    rows = []
    for label, name in enumerate(checked.classes):
        every = table[table["label"] == label]
        usable = every[every["problem"] == ""]
        rows.append(
            {
                "Class": name,
                "Files": f"{len(every):,}",
                "Usable": f"{len(usable):,}",
                "Groups": f"{usable['image'].map(groups).nunique():,}",
                "Width (px)": _range(usable["width"]),
                "Height (px)": _range(usable["height"]),
                "Format": _kinds(usable["format"]),
                "Pixels": _kinds(usable["mode"]),
                "KiB": _range(usable["bytes"] / 1024),
            }
        )
    return Table(
        name="counts",
        title="Files by class",
        frame=pd.DataFrame(rows),
        columns=tuple(Column(label, label) for label in rows[0]),
        notes=("Groups: images of one group never come to lie on two sides of a split.",),
        numbers=table,
        grouped_by=None,
    )


def _differences(checked: Checked) -> Table:
    """How the classes differ beside the cell."""
    two_decimals = partial(number, digits=2)
    negative, positive = checked.classes
    return Table(
        name="differences",
        title="How the classes differ beside the cell",
        frame=checked.differences,
        columns=(
            Column("Property", "property", PROPERTIES.__getitem__),
            Column(f"Median, {negative}", "negative"),
            Column(f"Median, {positive}", "positive"),
            Column("AUC", "auc", two_decimals),
            Column("95% interval", ("low", "high"), partial(interval, form=two_decimals)),
            Column("p (Holm)", "p_holm", p_value),
            Column("Tells", "tells", lambda tells: "yes" if tells else "not shown"),
        ),
        notes=(
            "AUC: the chance that an image of the second class has the larger value, 0.5 where the property tells "
            "nothing. Mann-Whitney test, chi-squared for kinds, Holm's correction over all rows.",
            "Background: the brighter half of the image's four corners, outside the largest disc, as resized; contrast "
            "and sharpness are those of the corners too.",
        ),
        numbers=checked.differences,
        grouped_by=None,
    )


def _split(checked: Checked) -> str:
    """What a study's first split would be, in a sentence."""
    if not checked.splits:
        return ""
    first = checked.splits[0]
    parts = {"training": first.train, "validation": first.validation, "test": first.test}
    told = [_part(part, name) for name, part in parts.items() if len(part)]
    which = "The split" if len(checked.splits) == 1 else f"The first of {len(checked.splits)} splits"
    return f"{which} would have {join_words(told)}."


def _part(part: CellImages, name: str) -> str:
    groups = len(set(part.groups))
    return quantity(len(part), f"{name} image") + (f" in {quantity(groups, 'group')}" if groups < len(part) else "")


def _range(values: pd.Series) -> str:
    """The smallest and the largest of some numbers."""
    if not len(values):
        return NONE
    low, high = f"{values.min():,.0f}", f"{values.max():,.0f}"
    return low if low == high else f"{low} to {high}"


def _kinds(values: pd.Series) -> str:
    """How often each kind occurs, the most frequent first."""
    return ", ".join(_of_kinds(values)) or NONE


def _of_kinds(values: pd.Series) -> Iterator[str]:
    counts = values.value_counts()
    for kind, times in counts.items():
        yield str(kind) if len(counts) == 1 else f"{kind} {times:,}"
