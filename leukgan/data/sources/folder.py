"""Any folder of images: one folder a class, or a csv file that tells the classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from leukgan.data.images import check_classes, check_image_size
from leukgan.data.loading import ImageFile, ImageFiles
from leukgan.data.table import check_group_columns, groups_in, read_table
from leukgan.errors import InputError

ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".ppm", ".pgm", ".jp2")


def list_folder(
    *,
    image_size: int,
    root: str | None = None,
    classes: Sequence[str] | None = None,
    table: str | None = None,
    image_column: str = "image",
    label_column: str = "label",
    group_columns: str | Sequence[str] = (),
    subfolders_are_groups: bool = True,
) -> ImageFiles:
    """The images of a folder with a folder for each class, or those that a csv file names.

    Without a table, `root` has a folder for each class, and each folder in it holds, at any depth, the images of one
    patient or slide, whose name is a group that no split crosses, also from class to class. With a table, its rows name
    the images, relative to `root`, with their class; files that it does not name are left alone.

    Args:
        image_size: Height and width to resize to.
        root: The folder; with a table, the table's own folder by default.
        classes: Names of the negative and the positive class: the two folders, or the two values of the label column.
        table: The csv file.
        image_column: Its column with the images' paths.
        label_column: Its column with their classes.
        group_columns: Its columns, such as patient or slide, that no split may cross.
        subfolders_are_groups: Whether folders within a class's folder are groups.

    Raises:
        InputError: No such folder or file, an image that is not there, or classes that are not two.
    """
    check_image_size(image_size)
    columns = check_group_columns(group_columns, table)

    if table is not None:
        folder = Path(root or Path(table).expanduser().parent).expanduser()
        where, listed = f"data.table={table}", read_table(table, image_column, [label_column, *columns])
        names = _two_of(sorted(set(listed[label_column])), classes, f"{where} has the labels")
        used = listed[label_column].isin(names)
        files = _files_of_table(listed[used].sort_index(), folder, names, label_column, columns, table)
        ignored = list(map(str, listed.index[~used]))
    else:
        if not root:
            raise InputError("data=folder needs the folder with one folder for each class; write data.root=<folder>.")
        folder, where = Path(root).expanduser(), f"data.root={root}"
        if not folder.is_dir():
            raise InputError(f"{where} is not a folder; give the folder that has one folder for each class.")
        present = [path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))]
        names = _two_of(sorted(present), classes, f"{where} has the folders")
        files, ignored = _files_below(folder, names, subfolders_are_groups)

    if not files:
        raise InputError(f"{where} has no image of the classes {names[0]} and {names[1]} ({', '.join(ENDINGS)}).")
    return ImageFiles(tuple(sorted(files, key=lambda file: file.name)), names, image_size, where, tuple(ignored))


def _files_of_table(
    rows: pd.DataFrame, folder: Path, names: tuple[str, str], label_column: str, columns: Sequence[str], table: str
) -> list[ImageFile]:
    """The images that the rows of a table name."""
    absent = [str(name) for name in rows.index if not (folder / str(name)).is_file()]
    if absent:
        raise InputError(
            f"data.table={table} names {len(absent)} image(s) that are not below {folder}, the first is {absent[0]!r}; "
            "set data.root to the folder that the names start from."
        )

    groups = groups_in(rows[list(columns)]) if columns else map(str, rows.index)
    return [
        ImageFile(folder / str(name), str(name), names.index(label), group)
        for name, label, group in zip(rows.index, rows[label_column], groups, strict=True)
    ]


def _files_below(folder: Path, names: tuple[str, str], nested_groups: bool) -> tuple[list[ImageFile], list[str]]:
    """The images of the classes' folders, and the names of all other files."""
    files, ignored = [], []
    # Below the folder and below each class, whose folder may be a link.
    below = {path for start in (folder, *(folder / name for name in names)) for path in start.rglob("*")}

    for path in sorted(path for path in below if not path.is_dir()):
        own, within = path.relative_to(folder).as_posix(), path.relative_to(folder).parts
        usable = path.suffix.lower() in ENDINGS and not any(part.startswith(".") for part in within)
        if usable and within[0] in names and len(within) > 1:
            nested = nested_groups and len(within) > 2
            files.append(ImageFile(path, own, names.index(within[0]), f"folder {within[1]}" if nested else own))
        else:
            ignored.append(own)
    return files, ignored


def _two_of(present: Sequence[str], classes: Sequence[str] | None, has: str) -> tuple[str, str]:
    """The two classes, which are among those present."""
    shown = f"{has} {', '.join(present[:20]) or '(none)'}"
    if classes is None:
        raise InputError(
            f"{shown}; write which two are the classes, negative first, as in "
            f"'data.classes=[{','.join(present[:2]) if len(present) > 1 else 'healthy,leukemia'}]'."
        )

    names = check_classes(classes)
    for name in names:
        if name not in present:
            raise InputError(f"{shown}, and data.classes asks for {name!r}.")
    return names
