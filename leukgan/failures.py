"""What ends a command, as a sentence for its user."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable

from hydra.errors import HydraException, InstantiationException
from omegaconf.errors import OmegaConfBaseException

from leukgan.errors import InputError
from leukgan.search.launchers import lacking


def failure_of(work: Callable[[], object]) -> str | None:
    """Do the work; where the user's input, the machine or Ctrl-C ends it, the sentence that says so."""
    try:
        work()
    except KeyboardInterrupt:
        return "stopped by Ctrl-C; the same command continues."
    except Exception as error:
        words = words_of(error)
        if words is None:
            raise
        return words
    return None


def words_of(error: Exception) -> str | None:
    """What an error says to the user, or None where it is the program's fault."""
    if isinstance(error, InputError | HydraException | OmegaConfBaseException):
        return sentence(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
        return f"{error.strerror} while writing {error.filename or 'the run folder'}; make room, then repeat."
    return None


def sentence(error: BaseException) -> str:
    """What an error of the configuration says, in one line."""
    if isinstance(error, InstantiationException) and error.__cause__ is not None:
        where = re.search(r"full_key: (\S+)", str(error))
        prefix = f"{where.group(1)}: " if where and not isinstance(error.__cause__, InputError) else ""
        return prefix + sentence(error.__cause__)
    missing = lacking(str(error))
    if missing:
        return missing
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    unknown = re.search(r"Could not override '(.+?)'\.|Key '(.+?)' (?:is )?not in", str(error))
    if unknown:
        key = unknown.group(1) or unknown.group(2)
        return f"there is no setting {key!r}; --help lists all settings."
    return lines[0]
