"""What makes a function of a configuration a command: Hydra, errors as sentences, the last line."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import hydra
from hydra.errors import HydraException, InstantiationException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

import leukgan.schemas  # noqa: F401  (registers the schemas that the configuration files name)
from leukgan.checks import check_keys
from leukgan.errors import InputError
from leukgan.launching import Launch, is_launched, lacking

CONF = str(Path(__file__).parents[1] / "conf")


def app(config_name: str) -> Callable[[Callable[[DictConfig], Path | None]], Callable[[], None]]:
    """Make a function of a configuration, which returns its result's path or None where it showed all, a command.

    The command ends with exit code 0 and a line that says where the result is, or with one sentence on standard error
    and exit code 1 where the user's input or the machine is at fault. Errors of the program keep their traceback.
    """

    def decorate(function: Callable[[DictConfig], Path | None]) -> Callable[[], None]:
        def command() -> None:
            os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach this function instead of being printed by Hydra
            sys.argv[1:] = [opened(argument) for argument in sys.argv[1:]]
            failed: list[str] = []
            launch = Launch()

            def run(cfg: DictConfig) -> None:
                launch.enter()
                message = failure_of(lambda: check_keys(cfg)) or failure_of(lambda: tell_result(function(cfg)))
                if message and is_launched():
                    raise InputError(message)  # another process's list would not come back
                failed.extend([message] if message else [])

            main = hydra.main(version_base="1.3", config_path=CONF, config_name=config_name)(run)
            failed.extend(filter(None, [failure_of(main)]))
            for message in failed:
                print(f"error: {message}", file=sys.stderr)
            if failed:
                sys.exit(1)

        return command

    return decorate


def tell_result(path: Path | None) -> None:
    """Say where the result is; without a path the command has shown all of it."""
    if path is not None:
        print(f"The result is in {path}")


def opened(argument: str) -> str:
    """Let an override name any argument of a constructor, also one that its YAML leaves at its default."""
    return re.sub(r"^(?=(data|gan|trainer|classifier|logger|quality)\.[\w.]+=)", "++", argument)


def failure_of(work: Callable[[], object]) -> str | None:
    """Do the work; where the user's input, the machine or Ctrl-C ends it, the sentence that says so."""
    try:
        work()
    except KeyboardInterrupt:
        return "stopped by Ctrl-C; the same command continues."
    except (InputError, HydraException, OmegaConfBaseException) as error:
        return sentence(error)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
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
