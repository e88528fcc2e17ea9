"""ALL-IDB2 and folders in its layout: ImNNN_Y.tif, Y = 1 for the positive class."""

import re
from collections.abc import Sequence
from pathlib import Path

from leukgan.data.images import check_classes, check_image_size
from leukgan.data.loading import ImageFile, ImageFiles
from leukgan.data.table import check_group_columns, groups_in, read_table
from leukgan.errors import InputError
from leukgan.home import expand_home

NAME = re.compile(r"Im\d{3}_[01]\.tif", re.IGNORECASE)


def list_all_idb2(
    *,
    image_size: int,
    root: str | None = None,
    classes: Sequence[str] = ("healthy", "leukemia"),
    table: str | None = None,
    image_column: str = "image",
    group_columns: str | Sequence[str] = (),
) -> ImageFiles:
    """The images ImNNN_Y.tif of a folder.

    Args:
        image_size: Height and width to resize to: 32, 64, 128 or 256.
        root: The folder with the images, or its parent.
        classes: Names of the classes Y = 0 and Y = 1.
        table: A csv file with groups of the images; they need not all be in it.
        image_column: Its column with their names.
        group_columns: Its columns, such as patient or slide, that no split may cross.

    Raises:
        InputError: No such folder, no image in it, or a file of another name.
    """
    check_image_size(image_size)
    names = check_classes(classes)
    grouping = check_group_columns(group_columns, table)
    if not root:
        raise InputError("data=all_idb2 needs the folder with its images; write data.root=<folder>.")

    tiffs = _tiffs_below(root)
    if wrong := [path.name for path in tiffs if not NAME.fullmatch(path.name)]:
        raise InputError(
            f"data.root={root} has {len(wrong)} .tif file(s) not named like Im001_0.tif or Im001_1.tif, the first is "
            f"{wrong[0]!r}; rename or remove them."
        )

    group_of: dict[str, str] = {}
    if table is not None:
        rows = read_table(table, image_column, grouping)
        group_of = dict(zip(map(str, rows.index), groups_in(rows), strict=True))
        if not grouping or group_of.keys().isdisjoint(path.name for path in tiffs):
            raise InputError(
                f"data.table={table} groups no image of data.root={root}; name its columns in data.group_columns, and "
                "the one with names such as Im001_0.tif in data.image_column."
            )

    return ImageFiles(
        tuple(ImageFile(path, path.name, int(path.stem[-1]), group_of.get(path.name, path.name)) for path in tiffs),
        names,
        image_size,
        f"data.root={root}",
        tuple(sorted(p.name for p in tiffs[0].parent.iterdir() if p.is_file() and p not in tiffs)),
    )


def _tiffs_below(root: str) -> list[Path]:
    """The TIFF files of a folder, or else of the one folder in it that has some; sorted."""
    folder = expand_home(root)
    if not folder.is_dir():
        raise InputError(f"data.root={root} is not a folder; give the folder that holds Im001_1.tif and the others.")
    if tiffs := _tiffs(folder):
        return tiffs

    folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    below = {path.name: found for path in folders if (found := _tiffs(path))}
    if len(below) > 1:
        raise InputError(
            f"data.root={root} has {len(below)} folders with .tif files ({', '.join(below)}); "
            "give the one that holds Im001_1.tif and the others."
        )
    if not below:
        raise InputError(
            f"data.root={root} has no image named like Im001_0.tif; give the folder that holds the .tif files."
        )
    return next(iter(below.values()))


def _tiffs(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in (".tif", ".tiff") and not path.is_dir() and not path.name.startswith(".")
    )
