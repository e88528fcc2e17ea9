"""Errors that the user can correct, and what they say to the user."""

import difflib
import errno
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).parent
INSTALLED = (PACKAGE / "conf").is_dir()  # a wheel holds conf/ and experiments/ in the package, a clone beside it


FULL = "make room, then repeat"
CLOSED = "start in a folder that you may write to, where runs/ is made"
BLOCKED = "a file stands where a folder is needed, or the other way round: move it away, or start in another folder"
OF_THE_DISK = {  # remedies by the number of an OSError
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), CLOSED),
    **dict.fromkeys((errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOTEMPTY), BLOCKED),
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOLCK), "repeat once the disk answers again"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "allow more open files (ulimit -n), then repeat"),
    errno.ENAMETOOLONG: "give a shorter name",
}


def command_line(name: str) -> str:
    """How the command `name` is started: `leukgan NAME` if the package is installed, its file in a clone."""
    return f"leukgan {name}" if INSTALLED else f"python experiments/{name}.py"


class InputError(ValueError):
    """A mistake that the user can correct, as one sentence: what is wrong, its value, where it is from, what to do.

    Constructors name a setting as their argument is called; whoever builds them from a config knows its full key:

        raise InputError("{setting}={value} is not a file", setting="weights", value=path, remedy="give another one")
        error.under("classifier")  # classifier.weights=cells.pth is not a file; give another one.

    Args:
        sentence: The whole sentence; or, with `setting`, one that has {setting} and {value} in their places.
        setting: Key of the wrong setting.
        value: Its value.
        remedy: What to do, which ends the sentence; it may name {setting} too.
    """

    def __init__(self, sentence: str, *, setting: str = "", value: object = None, remedy: str = "") -> None:
        self.sentence, self.setting, self.value, self.remedy = sentence, setting, value, remedy
        if remedy:
            sentence = f"{sentence}; {remedy}."
        if setting:
            sentence = sentence.replace("{setting}", setting).replace("{value}", str(value))
        super().__init__(sentence)

    def under(self, group: str) -> "InputError":
        """The same error with its setting in a group: `weights` under `quality.features`."""
        if not self.setting or not group:
            return self
        setting = f"{group}.{self.setting}"
        return type(self)(self.sentence, setting=setting, value=self.value, remedy=self.remedy)


class TrainingDiverged(InputError):  # noqa: N818  (what happened, not a fault of the program)
    """A training's losses or weights are no longer finite; its settings are the user's to change."""


def unknown_setting(setting: str, known: Iterable[str]) -> InputError:
    """The error about a setting that does not exist, with the nearest of the `known` keys beside it."""
    group, dot, key = setting.rpartition(".")
    meant = did_you_mean(key, [name for name in known if not name.startswith("_")], group + dot)
    return InputError(f"there is no setting '{setting}'; {meant}--help lists all settings.")


def did_you_mean(word: str, known: Iterable[str], before: str = "") -> str:
    """The question whether the nearest of the `known` words was meant, and a space; empty if none is near."""
    near = difflib.get_close_matches(word, [*known], n=1)
    return f"did you mean {before}{near[0]}? " if near else ""


def quoted(text: str) -> str:
    """A text in the quotes of Hydra's grammar."""
    return "'" + re.sub(r"(\\*)('|$)", lambda end: end[1] * 2 + ("\\'" if end[2] else ""), text) + "'"


def explain(error: BaseException) -> str | None:
    """What an error says to the user in one line; None for a fault of the program.

    The user's are wrong settings, also those that Hydra and OmegaConf refuse, and a disk that can't be read or written.
    """
    # Only commands need these; a GAN or a metric in a notebook does without.
    from hydra.errors import HydraException, MissingConfigException, OverrideParseException
    from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

    if isinstance(error, InputError):
        return _first_line(error)

    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):  # as Python's tempfile says it
        return f"{error.strerror}; make room there, or set TMPDIR to a folder that you may write to."

    if isinstance(error, OSError) and error.errno in OF_THE_DISK:
        return f"{error.strerror}: {error.filename or 'the run folder'}; {OF_THE_DISK[error.errno]}."

    if isinstance(error, MissingConfigException) and error.options:
        return f"{_first_line(error)}; choose from {', '.join(error.options)}."

    if isinstance(error, OverrideParseException):
        typed = error.override.removeprefix("++")  # which leukgan adds
        key, equals, value = typed.partition("=")
        if not equals:
            return f"{typed} has no =; a setting is written key=value, as in name=mine, and --help lists all."
        text = f"{key}={quoted(value)}"
        text = shlex.quote(text) if re.search(r'[\\"$`!]', text) else f'"{text}"'
        return f"{typed} can't be read; if it is a text, write {text} ({_first_line(error)})."

    # Hydra says which file or override it could not take, OmegaConf's error before it why.
    reason = error.__cause__ or error.__context__
    if isinstance(error, HydraException) and reason is not None:
        return explain(reason) or _first_line(error)

    if isinstance(error, ConfigAttributeError | ConfigKeyError):
        return str(unknown_setting(error.full_key or "", map(str, error.parent_node or ())))

    if isinstance(error, OmegaConfBaseException) and error.full_key:
        if "is not a ListConfig" in str(error):
            return f"{error.full_key} is a list; write {error.full_key}=[...], with commas between."
        number = re.match(r"Value '(\d+)\.0' of type 'float' could not be converted to Integer", str(error))
        advice = f"; write {error.full_key}={number[1]}" if number else ""
        return f"{error.full_key}: {_first_line(error)}{advice}"

    if isinstance(error, HydraException):
        advised = str(error).startswith(("Ambiguous value", "Could not append", "Could not override"))
        added = str(error).startswith(("Multiple values for", "force-add of config groups"))
        advice = "; on the command line that is group=option, without a +" if added else ""
        return "; ".join(str(error).splitlines()) if advised else f"{_first_line(error)}{advice}"

    return _first_line(error) if isinstance(error, OmegaConfBaseException) else None


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
