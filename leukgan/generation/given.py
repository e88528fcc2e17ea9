"""Images that another generator made: found in folders or named by a csv file, for each split, and decoded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leukgan.data.images import CellImages
from leukgan.data.loading import ImageFile, ImageFiles
from leukgan.data.sources.table_files import ENDINGS, files_of_names
from leukgan.data.table import read_csv
from leukgan.errors import InputError
from leukgan.home import expand_home

SPLIT = re.compile(r"(?:split[-_]?)?0*(\d+)")  # a split's name: split-03, 03 or 3


@dataclass(frozen=True)
class GivenImages:
    """The files of another generator's images for one split."""

    where: str  # their origin, in the words of the settings
    of_class: dict[str, list[tuple[Path, str]]]  # paths and names of each class's images, in the order of their names
    per_split: bool  # whether other splits have images of their own

    def decode(
        self, wanted: dict[str, int], *, classes: tuple[str, str], image_size: int, cache: Path | None = None
    ) -> CellImages:
        """The first images of each class, as many as are wanted, decoded by the rules of all images.

        Raises:
            InputError: There are fewer, or a file can't be read or is no image.
        """
        for name, count in wanted.items():
            found = len(self.of_class[name])
            if found < count:
                raise InputError(
                    f"{self.where} has {found} images of {name} and {count} are needed; give more images, or "
                    f"generation.per_class={found} or fewer where nothing is chosen among them."
                )
        files = [
            ImageFile(path, name, classes.index(class_name), name)
            for class_name, count in wanted.items()
            for path, name in self.of_class[class_name][:count]
        ]
        return ImageFiles(tuple(files), classes, image_size, self.where).decoded(cache)


def find_given(root: str, classes: Sequence[str], index: int) -> GivenImages:
    """The images of another generator for split number `index`.

    `root` is a folder with a folder for each class, or with such folders for each split, called split-03, 03 or 3; or a
    csv file with the columns image, class (or label) and perhaps split, whose paths start from its folder.

    Raises:
        InputError: It is neither, or a class or the split is missing.
    """
    path, where = expand_home(root), f"generated={root}"
    if path.is_dir():
        return _in_folders(path, where, classes, index)
    if path.is_file():
        return _in_table(path, where, classes, index)
    raise InputError(
        f"{where} is no folder and no csv file; give the folder that has a folder for each class, "
        f"{' and '.join(classes)}."
    )


def _in_folders(root: Path, where: str, classes: Sequence[str], index: int) -> GivenImages:
    # Folders of splits are those with a folder of a class: '0' may be a class as well.
    splits: dict[int, list[Path]] = {}
    for path in sorted(path for path in root.iterdir() if path.is_dir()):
        if (number := _split_number(path.name)) is not None and any((path / name).is_dir() for name in classes):
            splits.setdefault(number, []).append(path)
    if splits and len(splits.get(index, [])) != 1:
        names = [path.name for paths in splits.values() for path in paths]
        raise InputError(
            f"{where} has the folders {', '.join(names)}, and one for split {index} is needed; add "
            f"split-{index:02d}, leave one of two, or choose others with split.indices."
        )

    folder = splits[index][0] if splits else root
    present = sorted(path.name for path in folder.iterdir() if path.is_dir())
    for name in classes:
        if name not in present:
            raise InputError(
                f"{where} has {f'in {folder.name} ' if splits else ''}the folders {', '.join(present) or '(none)'}, "
                f"and data.classes asks for {name!r}; give a folder for each class, or for each split with these."
            )
    return GivenImages(where, {name: _images_below(folder / name, root) for name in classes}, bool(splits))


def _images_below(folder: Path, root: Path) -> list[tuple[Path, str]]:
    """The images below a folder, and their names from `root` on."""
    files = ((path, path.relative_to(root)) for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    shown = ((path, name) for path, name in files if not any(part.startswith(".") for part in name.parts))
    return sorted(((path, name.as_posix()) for path, name in shown if path.is_file()), key=lambda file: file[1])


def _in_table(path: Path, where: str, classes: Sequence[str], index: int) -> GivenImages:
    try:
        table = read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{where} can't be read as a csv file ({str(error).splitlines()[0]}); save it as CSV UTF-8 with the "
            "columns image and class."
        ) from error

    label = "class" if "class" in table else "label"
    for column in ("image", label):
        if column not in table:
            raise InputError(
                f"{where} has no column {'class' if column == label else column}, but {', '.join(map(str, table))}; "
                "name the columns image and class."
            )
    if per_split := "split" in table:
        table = table[table["split"].map(_split_number) == index]

    of_class = {}
    for name in classes:
        names = list(table.loc[table[label] == name, "image"])
        if not names:
            raise InputError(
                f"{where} has {f'for split {index} ' if per_split else ''}no image of {name}, but of "
                f"{', '.join(sorted(set(table[label]))) or 'none'}; write the classes as data.classes has them."
            )
        paths = files_of_names(names, path.parent, where, "move the csv file to the folder that they start from")
        of_class[name] = sorted(zip(paths, names, strict=True), key=lambda file: file[1])
    return GivenImages(where, of_class, per_split)


def _split_number(name: str) -> int | None:
    """The number of the split that a folder or a value is called after."""
    match = SPLIT.fullmatch(name)
    return int(match[1]) if match else None
