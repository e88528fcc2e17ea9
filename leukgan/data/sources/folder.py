"""Any folder of images: one folder a class, or a csv file that tells the classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leukgan.data.images import check_classes, check_image_size
from leukgan.data.loading import ImageFile, ImageFiles
from leukgan.data.table import groups_in, names_of, read_table
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
    grouping = names_of(group_columns)
    if table is not None:
        return _from_table(image_size, root, classes, table, image_column, label_column, grouping)
    if grouping:
        raise InputError(f"data.group_columns={list(grouping)} needs the csv file with them; add data.table=<file>.")
    if not root:
        raise InputError("data=folder needs the folder with one folder for each class; write data.root=<folder>.")
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise InputError(f"data.root={root} is not a folder; give the folder that has one folder for each class.")

    present = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))
    names = _two_of(present, classes, f"data.root={root} has the folders")

    # Below the folder and below each class, whose folder may be a link.
    files, ignored = [], []
    below = {path for start in (folder, *(folder / name for name in names)) for path in start.rglob("*")}

    for path in sorted(path for path in below if not path.is_dir()):
        own, within = path.relative_to(folder).as_posix(), path.relative_to(folder).parts
        usable = path.suffix.lower() in ENDINGS and not any(part.startswith(".") for part in within)
        if usable and within[0] in names and len(within) > 1:
            nested = subfolders_are_groups and len(within) > 2
            files.append(ImageFile(path, own, names.index(within[0]), f"folder {within[1]}" if nested else own))
        else:
            ignored.append(own)

    return _files(files, names, image_size, f"data.root={root}", ignored)


def _from_table(
    image_size: int,
    root: str | None,
    classes: Sequence[str] | None,
    table: str,
    image_column: str,
    label_column: str,
    group_columns: Sequence[str],
) -> ImageFiles:
    rows = read_table(table, image_column, [label_column, *group_columns])
    folder = Path(root).expanduser() if root else Path(table).expanduser().parent
    names = _two_of(sorted(set(rows[label_column])), classes, f"data.table={table} has the labels")
    ignored = [str(name) for name in rows.index[~rows[label_column].isin(names)]]

    rows = rows[rows[label_column].isin(names)].sort_index()
    absent = [str(name) for name in rows.index if not (folder / str(name)).is_file()]
    if absent:
        raise InputError(
            f"data.table={table} names {len(absent)} image(s) that are not below {folder}, the first is {absent[0]!r}; "
            "set data.root to the folder that the names start from."
        )

    groups = groups_in(rows[list(group_columns)]) if group_columns else list(map(str, rows.index))
    files = [
        ImageFile(folder / str(name), str(name), names.index(label), group)
        for name, label, group in zip(rows.index, rows[label_column], groups, strict=True)
    ]
    return _files(files, names, image_size, f"data.table={table}", ignored)


def _two_of(present: Sequence[str], classes: Sequence[str] | None, has: str) -> tuple[str, str]:
    """The two classes, which are among those present."""
    if classes is None:
        raise InputError(
            f"{has} {', '.join(present[:20]) or '(none)'}; write which two are the classes, negative first, as in "
            f"'data.classes=[{','.join(present[:2]) if len(present) > 1 else 'healthy,leukemia'}]'."
        )
    names = check_classes(classes)
    for name in names:
        if name not in present:
            raise InputError(f"{has} {', '.join(present[:20]) or '(none)'}, and data.classes asks for {name!r}.")
    return names


def _files(
    files: list[ImageFile], names: tuple[str, str], image_size: int, where: str, ignored: Sequence[str]
) -> ImageFiles:
    if not files:
        raise InputError(f"{where} has no image of the classes {names[0]} and {names[1]} ({', '.join(ENDINGS)}).")
    return ImageFiles(tuple(sorted(files, key=lambda file: file.name)), names, image_size, where, tuple(ignored))
