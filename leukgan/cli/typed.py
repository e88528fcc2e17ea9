"""Arguments as users type them, made into arguments that Hydra can read."""

import re
from collections.abc import Sequence
from pathlib import Path

from leukgan.config import as_override
from leukgan.errors import InputError, quoted
from leukgan.home import expand_home

FILES = (  # settings whose value is a path or a pattern of paths, which needs no quotes
    "data.pattern",
    *("data.root", "data.table", "split.file", "checkpoint", "output", "table", "classifier.weights", "weights"),
    *("quality.features.weights", "quality.track_features.weights"),
    *("generated", "generated.root", "generated.split_file"),
)
TEXTS = (  # settings whose value is a name, which stays as it is typed: 1e3, 007, true
    *("name", "class_name", "gans_from", "leaky", "curve", "runs"),
    *("data.classes", "data.image_column", "data.label_column", "data.group_columns"),
)
MULTIRUN = {"-m", "--multirun"}
WITH_VALUE = {"--config-dir", "-cd", "--config-name", "-cn", "--config-path", "-cp", "--cfg", "-c", "--package", "-p"}
MODES = {*MULTIRUN, "--run", "-r", "--cfg", "-c", "--info", "-i", "--shell-completion", "-sc"}
SWEEPERS = ("leukgan", "basic")  # leukgan's does what Hydra's basic one does, with a folder and a state for each job
OPTIONAL = ("experiment", "sweep", "launcher")  # groups of which no option need be chosen
NO_NAMES = ("true", "false", "null", "nan", "inf")  # words that Hydra takes for something else
TEXT = re.compile(r"""[^"'{\[\]]+|\[[^"'{\[\]]*\]""")  # without quotes, or a list of such
PLAIN = re.compile(r"[\w./+@%-]*", re.ASCII)


def as_hydra_reads(arguments: Sequence[str]) -> list[str]:
    """The arguments of a command line with the quotes and signs that Hydra needs beside what was typed.

    Options come first, each with its value: Hydra refuses them between settings.
    """
    options: list[str] = []
    settings: list[str] = []
    before = ""
    for argument in arguments:
        value = before in WITH_VALUE or (before in ("--info", "-i") and "=" not in argument)
        (options if value or argument.startswith("-") else settings).append(argument)
        before = argument
    sweeps = bool(MULTIRUN.intersection(options))
    return [*options, *(_readable(argument, sweeps) for argument in settings)]


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
        if re.fullmatch(r"hydra\.((run|sweep)\.(dir|subdir)|output_subdir)", key) and value != "null":
            raise InputError(f"{key} has no use: the run folder is runs/<name>; give another name= instead.")
        if key == "hydra/sweeper" and value not in SWEEPERS:
            raise InputError(
                f"{key}={value} would let all jobs write to one run folder; leave it out: -m alone tries every "
                "combination of values, each in its own folder, and the command search proposes values."
            )


def refuse_other_encodings(arguments: Sequence[str]) -> None:
    """Raise InputError for an argument whose bytes are no text here, which no file of a run could hold."""
    for argument in arguments:
        if re.search("[\ud800-\udfff]", argument):
            raise InputError(
                f"{argument!a} is no text in the encoding of this machine; rename the file or folder, or set "
                "LC_ALL=C.UTF-8 if its name is in UTF-8."
            )


def refuse_other_tools(arguments: Sequence[str]) -> None:
    """Raise InputError for options of Hydra that would end in a traceback, or run what a file has in it."""
    options = [argument.partition("=")[0] for argument in arguments]
    if "--experimental-rerun" in options:
        raise InputError(
            "--experimental-rerun reads a pickle, which may run any code; a run's command is in its provenance.json, "
            "and the same command continues it."
        )
    completes = any(argument.startswith(("install=", "uninstall=", "query=")) for argument in arguments)
    if {"--shell-completion", "-sc"}.intersection(options) and not completes:
        raise InputError("--shell-completion needs what to do for which shell, as in --shell-completion install=bash.")


def refuse_two_modes(arguments: Sequence[str]) -> None:
    """Raise InputError for options of Hydra that ask for different things at once, such as -m and --cfg."""
    modes = [argument for argument in arguments if argument.partition("=")[0] in MODES]
    if len(modes) > 1:
        raise InputError(f"{' and '.join(modes)} ask for different things; leave out all but one.")


def refuse_options_that_are_none(arguments: Sequence[str], conf: Path) -> None:
    """Raise InputError for a group of settings that is given a number, a boolean or nothing instead of an option."""
    for argument in arguments:
        key, _, value = argument.lstrip("+").partition("=")
        options = sorted(path.stem for path in (conf / key).glob("*.yaml")) if key and "=" in argument else []
        for option in re.split(r"[\[\],\s]+", value) if options else ():
            if option and (option.lower() in NO_NAMES or re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", option)):
                if option == "null" and key in OPTIONAL:
                    continue
                raise InputError(f"{key} must be one of {', '.join(options)}, got {option}.")


def _readable(argument: str, sweeps: bool) -> str:
    key, equals, value = argument.partition("=")
    name = key.lstrip("+")
    if argument.startswith("-") or not equals:
        return argument
    if name in OPTIONAL and value == "null":
        return f"~{name}"
    if name == "hydra/sweeper" and value in SWEEPERS:
        return "hydra/sweeper=leukgan"
    folder = name == "runs" and value[:1] != "["  # a list of them is compare_gans's
    if name in TEXTS and not folder and value != "null" and TEXT.fullmatch(value) and not (sweeps and "(" in value):
        value = re.sub(r"[^,\[\]]+", lambda text: _quoted_text(text[0].strip()), value)
    elif (folder or _is_path(name, value)) and not (sweeps and re.search(r"[,(]", value)):
        value = _quoted_path(value)
    elif not re.search("[\"']", value):
        value = re.sub(r"[\w./+@%-]*[^\W\x00-\x7f][\w./+@%-]*", lambda word: f"'{word[0]}'", value)
    return as_override(f"{key}={value}")


def _is_path(name: str, value: str) -> bool:
    """Whether a setting's value is one path: also that of an external test set, of which there may be several."""
    return name in FILES or name.startswith("data.external.") or (name == "data.external" and value[:1] not in "{[")


def _quoted_text(text: str) -> str:
    """A text in quotes if Hydra can't read it, or would take it for a number, a boolean or nothing."""
    plain = re.fullmatch(r"[A-Za-z_][\w./-]*", text, re.ASCII) and text.lower() not in NO_NAMES
    return text if plain or not text else quoted(text)


def _quoted_path(value: str) -> str:
    """A path in Hydra's quotes, if it needs any and has none; ~ is the home folder."""
    if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
        return value
    if "${" in value:
        return value
    if value == "~" or value.startswith("~/"):
        value = str(expand_home(value))
    return value if PLAIN.fullmatch(value) else quoted(value)
