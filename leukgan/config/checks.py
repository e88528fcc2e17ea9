"""Checks that settings of several commands share."""

import re
from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from leukgan.errors import InputError


def parse_time(given: str) -> float:
    """Seconds of a time such as 10min or 1h30min, more than none."""
    parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)min)?(?:(\d+)s)?", given)
    hours, minutes, seconds = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0)
    if not hours + minutes + seconds:
        raise InputError(f"generator_time must be a time such as 90s, 10min or 1h30min, got {given!r}.")
    return 3600.0 * hours + 60 * minutes + seconds


def check_name(key: str, name: str) -> None:
    """Refuse what can't be a run's name."""
    refuse_path(key, name)
    # runs/.cache is leukgan's own, and a run's splits are the folders split-00 and so on in it.
    if not re.fullmatch(r"[\w-][\w.-]*(/(?!split-)[\w-][\w.-]*)?", name):
        raise InputError(
            f"{key} must be a folder name of letters, digits, '-', '_' and '.', or <sweep>/<trial>, without a dot at "
            f"the start; a trial's must not start with split-. Got {name!r}."
        )


def refuse_path(key: str, name: str | None) -> None:
    """Refuse the path of a run folder, as a shell completes it, where its name is meant."""
    if name is not None and name.startswith(("runs/", "./runs/")):
        short = name.removeprefix("./").removeprefix("runs/").strip("/")
        raise InputError(f"{key}={name} is the path of a run folder; write its name alone, {key}={short}.")


def check_choice(key: str, values: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a value that is none of the known ones."""
    for value in values:
        if value not in known:
            raise InputError(f"{{setting}} must be {' or '.join(known)}, got {value!r}.", setting=key, value=value)


def check_minimums(config: object, minimums: Mapping[str, int]) -> None:
    """Refuse numbers below the smallest that their setting allows; null stands for none."""
    for key, least in minimums.items():
        value = attrgetter(key)(config)
        if value is not None and value < least:
            raise InputError(f"{{setting}} must be at least {least}, got {{value}}.", setting=key, value=value)


def output_file(output: str | None, name: str) -> Path | None:
    """The file of output=, or None; for a folder, an InputError that proposes the file `name` in it."""
    path = Path(output) if output is not None else None
    if path is not None and path.is_dir():
        raise InputError(f"output must be a file, got the folder {path}; take {path / name}.")
    return path
