"""Any folder of images: one folder a class, or a csv file that tells the classes."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from leukgan.data.images import check_classes, check_image_size
from leukgan.data.loading import LEVELS, ImageFile, ImageFiles
from leukgan.data.members import SHOWN, Members, labels_of_kinds
from leukgan.data.plausible import check_names
from leukgan.data.sources.table_files import ENDINGS, files_of_names
from leukgan.data.table import check_group_columns, groups_in, read_table
from leukgan.errors import InputError
from leukgan.home import expand_home

NO_TEXT = ("Cc", "Cs")  # Unicode's categories of line ends and the like, and of bytes that are no UTF-8


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
    pattern: str | None = None,
    levels: str | None = None,
    skip_unlabelled: bool = False,
    members: Members | None = None,
) -> ImageFiles:
    """The images of a folder with a folder for each class, or those that a csv file names.

    Without a table, `root` has a folder for each class, and each folder in it holds, at any depth, the images of one
    patient or slide, whose name is a group that no split crosses, also from class to class. With a table, its rows name
    the images, relative to `root`, with their class; files that it does not name are left alone.

    Args:
        image_size: Height and width to resize to: 32, 64, 128 or 256.
        root: The folder; with a table, the table's own folder by default.
        classes: Names of the negative and the positive class: the two folders, or the two values of the label column,
            unless `members` says otherwise.
        table: The csv file.
        image_column: Its column with the images' paths.
        label_column: Its column with their classes.
        group_columns: Its columns, such as patient or slide, that no split may cross.
        subfolders_are_groups: Whether folders within a class's folder are groups.
        pattern: Which files of the folders show cells, such as *.bmp or images/*.png; or with ! which do not.
        levels: How stored values become 0 to 255: stored (the upper eight bits), 10bit, 12bit, 14bit, or minmax, which
            goes from the smallest to the largest of all files.
        skip_unlabelled: Whether rows without a label, or with another spelling of a class, are left out, not refused.
        members: The folders or labels of each class that has another name or several: {name: [label, ...]}, and '*'
            for all that the other class does not name.

    Raises:
        InputError: No such folder or file, an image that is not there, one that looks like a mask, classes that are not
            two, or rows without a label.
    """
    check_image_size(image_size)
    if levels not in (None, *LEVELS):
        raise InputError(f"data.levels must be {' or '.join(LEVELS)}, got {levels!r}.")
    if pattern is not None and table is not None:
        raise InputError(f"data.pattern={pattern} chooses files of folders; with data.table leave their rows out.")
    if pattern is not None and not PurePosixPath(pattern.removeprefix("!")).parts:
        raise InputError(f"data.pattern={pattern} chooses nothing; write for example *.bmp, or !*_mask.png.")
    columns = check_group_columns(group_columns, table)

    if table is not None:
        folder = expand_home(root or expand_home(table).parent)
        where, listed = f"data.table={table}", read_table(table, image_column, [label_column, *columns])
        listed[label_column] = listed[label_column].map(_composed)
        present = sorted(set(listed[label_column]) - {""})
        names = _two_of(present, classes, f"{where} has the labels")
        label_of = labels_of_kinds(names, members, present, f"{where} has the labels")
        used = listed[label_column].isin(list(label_of))
        if not skip_unlabelled:
            _check_labels(listed[label_column][~used], label_of, where)
        files = _files_of_table(listed[used].sort_index(), folder, label_of, label_column, columns, table)
        ignored = list(map(str, listed.index[~used]))
    else:
        if not root:
            raise InputError("data=folder needs the folder with one folder for each class; write data.root=<folder>.")
        folder, where = expand_home(root), f"data.root={root}"
        if not folder.is_dir():
            raise InputError(f"{where} is not a folder; give the folder that has one folder for each class.")
        folders = (path.name for path in folder.iterdir() if path.is_dir())
        present = sorted(name for name in folders if not name.startswith((".", "__")))
        names = _two_of(present, classes, f"{where} has the folders")
        advice = _deeper(folder, present, classes)
        spelled = {_composed(name): name for name in present}
        of_composed = labels_of_kinds(names, members, list(spelled), f"{where} has the folders", advice)
        label_of = {spelled[name]: label for name, label in of_composed.items()}
        if not skip_unlabelled:
            _check_labels(pd.Series(sorted(set(present) - set(label_of)), dtype=str), label_of, where)
        files, ignored = _files_below(folder, label_of, subfolders_are_groups, pattern)
        if pattern is None:
            check_names([file.name for file in files], where)

    if not files:
        chosen_by = f" that data.pattern={pattern} chooses" if pattern is not None else ""
        raise InputError(
            f"{where} has no image of the classes {names[0]} and {names[1]}{chosen_by} ({', '.join(ENDINGS)})."
        )
    files.sort(key=lambda file: file.name)
    chosen = pattern is not None or table is not None
    return ImageFiles(tuple(files), names, image_size, where, tuple(ignored), levels, chosen)


def _files_of_table(
    rows: pd.DataFrame,
    folder: Path,
    label_of: Mapping[str, int],
    label_column: str,
    columns: Sequence[str],
    table: str,
) -> list[ImageFile]:
    paths = files_of_names([str(name) for name in rows.index], folder, f"data.table={table}")
    groups = groups_in(rows[list(columns)]) if columns else map(str, rows.index)
    return [
        ImageFile(path, str(name), label_of[label], group, label)
        for path, name, label, group in zip(paths, rows.index, rows[label_column], groups, strict=True)
    ]


def _files_below(
    folder: Path, label_of: Mapping[str, int], nested_groups: bool, pattern: str | None
) -> tuple[list[ImageFile], list[str]]:
    """The images of the classes' folders, and the names of all other files."""
    files, ignored = [], []
    # Below the folder and below each class, whose folder may be a link.
    below = {path for start in (folder, *(folder / name for name in label_of)) for path in start.rglob("*")}

    for path in sorted(path for path in below if not path.is_dir()):
        own, within = path.relative_to(folder).as_posix(), path.relative_to(folder).parts
        if not own.isprintable() and any(unicodedata.category(letter) in NO_TEXT for letter in own):
            raise InputError(f"data.root={folder} has a file whose name is no text, {own!r}; rename it.")
        usable = path.suffix.lower() in ENDINGS and not any(part.startswith(".") for part in within)
        usable = usable and path.is_file() and _matches(own, pattern)  # a pipe or a device is no file
        if usable and within[0] in label_of and len(within) > 1:
            group = f"folder {within[1]}" if nested_groups and len(within) > 2 else own
            files.append(ImageFile(path, own, label_of[within[0]], group, _composed(within[0])))
        else:
            ignored.append(own)
    return files, ignored


def _matches(name: str, pattern: str | None) -> bool:
    if pattern is None:
        return True
    return PurePosixPath(name).match(pattern.removeprefix("!")) != pattern.startswith("!")


def _check_labels(labels: "pd.Series[str]", names: Collection[str], where: str) -> None:
    """Refuse labels of unused rows that are empty, or those of a class spelled otherwise."""
    spellings = {_plain(name): name for name in names}
    doubtful = [label for label in labels if not label or _plain(label) in spellings]
    if doubtful:
        shown = doubtful[0]
        what = f"{shown!r} beside {spellings[_plain(shown)]!r}" if shown else "an empty one"
        raise InputError(
            f"{where} has {len(doubtful)} label(s) that are missing or a class's name in another spelling, such as "
            f"{what}; correct them, or leave these images out with data.skip_unlabelled=true."
        )


def _composed(name: str) -> str:
    """A name with its accents as classes have them: a disk may have them apart from their letters."""
    return unicodedata.normalize("NFC", name)


def _plain(label: str) -> str:
    """A label without what makes spellings differ: case, accents' encoding, spaces and signs."""
    folded = unicodedata.normalize("NFKC", label).casefold()
    return "".join(letter for letter in folded if letter.isalnum()) or folded


def _deeper(folder: Path, present: Sequence[str], classes: Sequence[str] | None) -> str:
    """Advice for a folder whose classes lie one level deeper, as in train/ and test/ or fold_0/."""
    asked = {str(name) for name in ([classes] if isinstance(classes, str) else classes or ())}
    above = [name for name in sorted(present) if asked and all((folder / name / part).is_dir() for part in asked)]
    if not above:
        return ""
    return f" The classes lie below {', '.join(above)}: set data.root={folder / above[0]}, or join the folders."


def _two_of(present: Sequence[str], classes: Sequence[str] | None, has: str) -> tuple[str, str]:
    if classes is None:
        raise InputError(
            f"{has} {', '.join(present[:SHOWN]) or '(none)'}; write which two are the classes, negative first, as in "
            f"'data.classes=[{','.join(present[:2]) if len(present) > 1 else 'healthy,leukemia'}]'."
        )
    return check_classes(classes)
