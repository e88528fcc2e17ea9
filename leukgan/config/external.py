"""The external test sets that data.external names."""

import re
from typing import Any

from leukgan.errors import InputError
from leukgan.home import expand_home

EXTERNAL = "external"  # the key of `data` that no data source has
INTERNAL = ("real", "generated")  # test sets of every study
NAME = re.compile(r"[A-Za-z0-9][\w-]{0,39}", re.ASCII)


def external_sets(given: Any) -> dict[str, dict[str, Any]]:
    """The settings of each external set's images by its name.

    Args:
        given: One path or several, which are named after their folder or csv file; or by name a path, or the settings
            of a data source.

    Raises:
        InputError: A path or a name that is none, or a name given twice.
    """
    if isinstance(given, dict):
        named = [(str(name), value) for name, value in given.items()]
    else:
        paths = given if isinstance(given, list) else [given] if given is not None else []
        named = [(_own_name(path), path) for path in paths]

    for number, (name, value) in enumerate(named):
        if not isinstance(value, str | dict) or not value:
            raise InputError(f"data.external must be a folder, a csv file, or several by name, got {value!r}.")
        if not NAME.fullmatch(name) or name.casefold() in INTERNAL:
            raise InputError(
                f"data.external: {name!r} can't name a test set; give one of up to 40 letters, digits, '-' and '_', "
                f"other than {' and '.join(INTERNAL)}, as in 'data.external={{hospital_b: FOLDER}}'."
            )
        if name.casefold() in (other.casefold() for other, _ in named[:number]):
            raise InputError(f"data.external has two test sets {name!r}; give names, as in {{b: FOLDER, c: FOLDER}}.")
    return {name: _settings(value) for name, value in named}


def _own_name(path: Any) -> str:
    """The name of a folder, or of a csv file without its ending."""
    return re.sub(r"\.csv$", "", expand_home(str(path)).absolute().name, flags=re.IGNORECASE)


def _settings(value: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    is_table = value.lower().endswith(".csv") and not expand_home(value).is_dir()
    return {"table" if is_table else "root": value}
