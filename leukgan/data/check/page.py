"""check.html and images.csv."""

from functools import partial
from pathlib import Path

import pandas as pd

from leukgan.data.check.checking import Checked
from leukgan.data.check.figures import check_figures
from leukgan.data.check.findings import PROPERTIES, findings
from leukgan.data.sources.registry import describe_source
from leukgan.presentation.formatting import NONE, interval, number, p_value, quantity
from leukgan.presentation.page import Statement, render_template
from leukgan.presentation.tables import Column, Table
from leukgan.run_folder.files import write_atomic


def write_check(
    checked: Checked, folder: Path, *, augmentation: dict[str, str], design: Statement | None, command: str
) -> Path:
    """Write check.html and images.csv into a folder; gives back check.html's path.

    `augmentation` names what the GANs and the classifiers would be trained on, `design` says what a study could detect.
    """
    page = render_template(
        "data/check/check.html.j2",
        checked=checked,
        source=describe_source(checked.source),
        findings=findings(checked),
        problems=list(checked.problems["problem"]),
        counts=_counts(checked),
        differences=_differences(checked),
        parts=_parts(checked),
        design=design,
        command=command,
        figures=check_figures(checked, augmentation),
    )
    write_atomic(folder / "images.csv", checked.table().to_csv(index=False))
    write_atomic(folder / "check.html", page)
    return folder / "check.html"


def _counts(checked: Checked) -> Table:
    """The files of each class, and which kinds of files they are."""
    table, usable = checked.table(), checked.usable
    rows = []
    for label, name in enumerate(checked.classes):
        part = usable[usable["label"] == label]
        rows.append(
            {
                "Class": name,
                "Files": f"{(table['label'] == label).sum():,}",
                "Usable": f"{len(part):,}",
                "Groups": f"{table.loc[part.index, 'group'].nunique():,}",
                "Width (px)": _range(part["width"]),
                "Height (px)": _range(part["height"]),
                "Format": _kinds(part["format"]),
                "Pixels": _kinds(part["mode"]),
                "KiB": _range(part["bytes"] / 1024),
            }
        )
    frame, columns = pd.DataFrame(rows), tuple(Column(label, label) for label in rows[0])
    return Table("counts", "Files by class", frame, columns, notes=(), grouped_by=None)


def _differences(checked: Checked) -> Table:
    two_decimals = partial(number, digits=2)
    negative, positive = checked.classes
    columns = (
        Column("Property", "property", PROPERTIES.__getitem__),
        Column(f"Median, {negative}", "negative"),
        Column(f"Median, {positive}", "positive"),
        Column("AUC", "auc", two_decimals),
        Column("95% interval", ("low", "high"), partial(interval, form=two_decimals)),
        Column("p (Holm)", "p_holm", p_value),
        Column("Tells", "tells", lambda tells: "yes" if tells else "not shown"),
    )
    frame, title = checked.differences, "How the classes differ beside the cell"
    return Table("differences", title, frame, columns, notes=(), grouped_by=None)


def _parts(checked: Checked) -> list[str]:
    """The number of images in each part of a study's first split, and of their groups if these are fewer."""
    sizes = []
    for split in checked.splits[:1]:
        for name, part in (("training", split.train), ("validation", split.validation), ("test", split.test)):
            groups = len(set(part.groups))
            in_groups = f" in {quantity(groups, 'group')}" if groups < len(part) else ""
            sizes += [quantity(len(part), f"{name} image") + in_groups] if len(part) else []
    return sizes


def _range(values: pd.Series) -> str:
    if not len(values):
        return NONE
    low, high = f"{values.min():,.0f}", f"{values.max():,.0f}"
    return low if low == high else f"{low} to {high}"


def _kinds(values: pd.Series) -> str:
    """The number of times that each kind occurs, the most frequent first."""
    counts = values.value_counts()
    kinds = [str(kind) if len(counts) == 1 else f"{kind} {times:,}" for kind, times in counts.items()]
    return ", ".join(kinds) or NONE
