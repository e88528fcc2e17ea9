"""Arguments as users type them, made into arguments that Hydra can read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from leukgan.config import as_override
from leukgan.errors import InputError, quoted

FILES = (  # settings whose value is a path, which needs no quotes
    *("data.root", "data.table", "split.file", "checkpoint", "output", "table", "classifier.weights", "weights"),
    *("quality.features.weights", "quality.track_features.weights"),
)
OPTIONAL = ("experiment", "sweep", "launcher")  # groups of which no option need be chosen
PLAIN = re.compile(r"[\w./+@%-]*", re.ASCII)


def as_hydra_reads(arguments: Sequence[str]) -> list[str]:
    """The arguments of a command line with the quotes and signs that Hydra needs beside what was typed."""
    sweeps = bool({"-m", "--multirun"}.intersection(arguments))
    return [_readable(argument, sweeps) for argument in arguments]


def as_the_user_typed(sentence: str, typed: Sequence[str]) -> str:
    """A sentence that names arguments as they were typed."""
    for argument in typed:
        for changed in (as_override(argument), *as_hydra_reads([argument])):
            sentence = sentence.replace(changed, argument)
    return sentence


def refuse_folders_of_hydra(arguments: Sequence[str]) -> None:
    """Raise InputError for settings of Hydra that would take away a job's own folder, or leave an empty one."""
    for argument in arguments:
        key, _, value = argument.lstrip("+").partition("=")
        if re.fullmatch(r"hydra\.(run|sweep)\.(dir|subdir)", key):
            raise InputError(f"{key} has no use: the run folder is runs/<name>; give another name= instead.")
        if key == "hydra/sweeper" and value != "leukgan":
            raise InputError(
                f"{key}={value} would let all jobs write to one run folder; leave it out: -m alone tries every "
                "combination of values, each in its own folder."
            )


def _readable(argument: str, sweeps: bool) -> str:
    key, equals, value = argument.partition("=")
    name = key.lstrip("+")
    if argument.startswith("-") or not equals:
        return argument
    if name in OPTIONAL and value == "null":
        return f"~{name}"
    if name in FILES and not (sweeps and re.search(r"[,(]", value)):
        value = _quoted_path(value)
    elif not re.search("[\"']", value):
        value = re.sub(r"[\w./+@%-]*[^\W\x00-\x7f][\w./+@%-]*", lambda word: f"'{word[0]}'", value)
    return as_override(f"{key}={value}")


def _quoted_path(value: str) -> str:
    """A path in Hydra's quotes, if it needs any and has none; ~ is the home folder."""
    if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
        return value
    if "${" in value:
        return value
    if value == "~" or value.startswith("~/"):
        value = str(Path(value).expanduser())
    return value if PLAIN.fullmatch(value) else quoted(value)
