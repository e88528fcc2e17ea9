"""The image files that the rows of a table mean, also where names and files are spelled differently."""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from leukgan.errors import InputError

ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".ppm", ".pgm", ".jp2")
Spelling = Callable[[str], str]  # a file's name without what may differ


def files_of_names(
    names: Sequence[str],
    folder: Path,
    where: str,
    remedy: str = "set data.root to the folder that the names start from",
) -> list[Path]:
    """The file of each name: the one below `folder` that is called so, or else the only one that can be meant.

    A name may lack its ending, its folder or leading zeros, have backslashes, or its accents encoded otherwise. Errors
    call the table `where`, in the words of the settings, and say the remedy for names that start from another folder.

    Raises:
        InputError: A name means no file or several, or two names mean the same.
    """
    paths = [folder / name if _is_file(folder / name) else None for name in names]
    below: list[str] = []
    if None in paths:
        files = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
        below = sorted(path.relative_to(folder).as_posix() for path in files)
        known = {spelled: _by_key(below, spelled) for spelled in SPELLINGS}
        paths = [path or _meant(name, folder, known) for name, path in zip(names, paths, strict=True)]

    absent = [name for name, path in zip(names, paths, strict=True) if path is None]
    if absent:
        near = difflib.get_close_matches(absent[0], below, n=3)
        raise InputError(
            f"{where} names {len(absent)} image(s) that are not below {folder}, or of which several may be meant; the "
            f"first is {absent[0]!r}{f', near to {near}' if near else ''}; {remedy}, or write them "
            "as the files are called."
        )

    found = [path for path in paths if path is not None]
    if len(set(found)) < len(found):
        twice = max(found, key=found.count)
        both = [name for name, path in zip(names, found, strict=True) if path == twice]
        raise InputError(f"{where} names {twice} twice, as {both[0]!r} and {both[1]!r}; give each image one row.")
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long a name, or one that no file can have
        return False


def _by_key(names: Sequence[str], spelled: Spelling) -> dict[str, list[str]]:
    found = defaultdict(list)
    for name in names:
        found[spelled(name)].append(name)
    return found


def _meant(name: str, folder: Path, known: Mapping[Spelling, Mapping[str, list[str]]]) -> Path | None:
    """The only file that a name can mean by the first spelling in which any fits."""
    for spelled, names in known.items():
        if fitting := names.get(spelled(name)):
            return folder / fitting[0] if len(fitting) == 1 else None
    return None


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _without_ending(name: str) -> str:
    return re.sub(rf"({'|'.join(map(re.escape, ENDINGS))})$", "", _plain(name), flags=re.IGNORECASE)


def _file_name(name: str) -> str:
    return _plain(name).rpartition("/")[2]


def _stem(name: str) -> str:
    return _file_name(_without_ending(name))


def _without_zeros(name: str) -> str:
    return re.sub(r"\d+", lambda number: str(int(number[0])), _stem(name))


SPELLINGS: tuple[Spelling, ...] = (_plain, _without_ending, _file_name, _stem, _without_zeros)
