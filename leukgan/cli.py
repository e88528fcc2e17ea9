"""What makes a function of a configuration a command: Hydra, errors as sentences, the last line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import hydra
from hydra.errors import MissingConfigException
from omegaconf import DictConfig

import leukgan.config  # noqa: F401  (registers the schemas that the configuration files name)
from leukgan.config import as_override, check_keys
from leukgan.errors import InputError, explain
from leukgan.search.jobs import Launch, in_multirun, missing_package, run_job
from leukgan.search.objective import is_trial

CONF = str(Path(__file__).parents[1] / "conf")

Work = Callable[[DictConfig], Path | None]


def app(config_name: str, *, trains: bool = False) -> Callable[[Work], Callable[[], None]]:
    """Make a function of a configuration, which returns its result's path or None where it showed all, a command.

    The command ends with exit code 0 and a line that says where the result is, or with one sentence on standard error
    and exit code 1 where the user's input or the machine is at fault. Errors of the program keep their traceback. With
    -m, the function is the work of each job: see `run_job`.

    Args:
        config_name: Of the file in conf/ that has its settings; the command's own name.
        trains: Whether it trains GANs, which the trials of a search are compared by.
    """

    def decorate(function: Work) -> Callable[[], None]:
        def checked(cfg: DictConfig) -> Path | None:
            check_keys(cfg)
            if cfg.get("space") and config_name != "search" and not is_trial(cfg) and not in_multirun():
                raise InputError("a sweep needs -m: python experiments/train_gan.py -m sweep=lr_random trials=20.")
            return function(cfg)

        def command() -> None:
            os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach this function instead of being printed by Hydra
            sys.argv[1:] = [as_override(argument) for argument in sys.argv[1:]]
            failed: list[str] = []
            launch = Launch()

            @wraps(function)  # Hydra calls a job after the file that the function is from
            def run(cfg: DictConfig) -> float | None:
                if "space" in cfg and in_multirun():
                    launch.enter()
                    return run_job(lambda: checked(cfg), cfg, app=config_name, trains=trains)
                message = _failure(lambda: tell_result(checked(cfg)))
                failed.extend([message] if message else [])
                return None

            main = hydra.main(version_base="1.3", config_path=CONF, config_name=config_name)(run)
            failed.extend(filter(None, [_failure(main)]))
            for message in failed:
                print(f"error: {message}", file=sys.stderr)
            if failed:
                sys.exit(1)

        return command

    return decorate


def _failure(work: Callable[[], object]) -> str | None:
    """Do the work; what says to the user why it ended, if it failed."""
    try:
        work()
    except KeyboardInterrupt:
        return "stopped by Ctrl-C; the same command continues."
    except Exception as error:
        package = missing_package(error.missing_cfg_file) if isinstance(error, MissingConfigException) else None
        sentence = package or explain(error)
        if sentence is None:
            raise
        return sentence
    return None


def tell_result(path: Path | None) -> None:
    """Say where the result is; without a path the command has shown all of it."""
    if path is not None:
        print(f"The result is in {path}")
