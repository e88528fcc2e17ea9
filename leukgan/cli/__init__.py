"""How a function of a config becomes a command: Hydra, exit codes, errors as sentences, the last line.

The commands are the files of experiments/; `leukgan NAME` starts them where the package is installed. Each imports what
it works with when its work starts, so that --help and an error about a typo need not wait for torch.
"""

from leukgan.cli.stopping import Stopped, stop_by_signals, stop_with_reader  # first: the others take a while

# isort: split
import ast
import os
import runpy
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import hydra
from hydra.errors import MissingConfigException
from omegaconf import DictConfig

import leukgan
from leukgan.cli.gate import check_code
from leukgan.cli.help import print_help
from leukgan.cli.typed import (
    as_hydra_reads,
    as_the_user_typed,
    refuse_folders_of_hydra,
    refuse_options_that_are_none,
    refuse_other_encodings,
    refuse_other_tools,
    refuse_two_modes,
)
from leukgan.config import StudySettings, read_config
from leukgan.errors import INSTALLED, PACKAGE, InputError, command_line, did_you_mean, explain
from leukgan.memory import keep_memory
from leukgan.run_folder.paths import CACHE
from leukgan.search.jobs import in_multirun, missing_package, run_job, set_up_job

ROOT = PACKAGE if INSTALLED else PACKAGE.parent
CONF_FOLDER = ROOT / "conf"
CONF = str(CONF_FOLDER)

Work = Callable[[Any], Path | None]  # takes the settings, an object of the command's schema


def main() -> None:
    """Start a command by its name, as in `leukgan study experiment=quick`, or list the commands."""
    name, *arguments = sys.argv[1:] or ["--help"]
    files = {path.stem: path for path in sorted((ROOT / "experiments").glob("*.py"))}
    if name == "--version":
        print(f"leukgan {leukgan.__version__}")
    elif name in ("--help", "-h"):
        with stop_with_reader():
            print("leukgan COMMAND [SETTING=VALUE ...]; leukgan COMMAND --help lists a command's settings.\n")
            for command, path in files.items():
                print(f"  {command:16}{ast.get_docstring(ast.parse(path.read_text()))}")
    elif name not in files:
        sys.exit(f"error: there is no command '{name}'; {did_you_mean(name, files)}choose from {', '.join(files)}.")
    else:
        sys.argv[1:] = arguments
        runpy.run_path(str(files[name]), run_name="__main__")


def app(config_name: str, *, trains: bool = False) -> Callable[[Work], Callable[[], None]]:
    """Make a function of a config, which returns its result's path or None if it has printed all, a command.

    The command ends with exit code 0 and a line that says where the result is, or with exit code 1 and one sentence on
    standard error if the user's input or the machine is at fault. A signal to stop ends it with a sentence and 128 plus
    the signal's number. Errors of the program keep their traceback. With -m,
    the function is the work of each job: see `run_job`.

    Args:
        config_name: Name of the command, and of the file in conf/ with its settings.
        trains: Whether it trains GANs, by which the trials of a search are compared.
    """

    def decorate(function: Work) -> Callable[[], None]:
        @wraps(function)
        def command() -> None:
            _set_environment()
            typed = sys.argv[1:]
            if "--version" in typed:
                print(f"leukgan {leukgan.__version__}")
                sys.exit(0)
            sys.argv[1:] = as_hydra_reads(typed)
            errors = _errors_of(lambda: _refuse(typed))
            if errors:
                _exit(errors)
            if {"--help", "-h"}.intersection(sys.argv[1:]):
                with stop_with_reader():
                    errors = _errors_of(lambda: print_help(config_name, sys.argv[1:], Path(CONF)))
                _exit(errors)
            with stop_by_signals():
                errors = _errors_of(lambda: check_code(config_name, sys.argv[1:], Path(CONF)))
            if errors:
                _exit([as_the_user_typed(error, typed) for error in errors])
            here = os.getcwd()  # noqa: PTH109  (a text, which goes to the process of each job)

            @wraps(function)  # Hydra calls a job after the file that the function is from
            def run(cfg: DictConfig) -> float | None:
                keep_memory()
                if in_multirun() and "space" in cfg:
                    set_up_job(here)
                    return run_job(function, cfg, app=config_name, trains=trains)
                errors.extend(_errors_of(lambda: _do_single(function, cfg, config_name, trains=trains)))
                return None

            main = hydra.main(version_base="1.3", config_path=CONF, config_name=config_name)(run)
            with stop_by_signals():
                errors.extend(_errors_of(main))
            _exit([as_the_user_typed(error, typed) for error in errors])

        return command

    return decorate


def _set_environment() -> None:
    """Set what libraries read from the environment, and miss in notebooks and containers."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach this module instead of being printed by Hydra
    os.environ["MPLBACKEND"] = "agg"  # no command opens a window, and a notebook's backend needs IPython
    try:
        Path.home()
    except RuntimeError:  # neither HOME nor an entry of the user, as in containers
        os.environ["HOME"] = str((CACHE / "home").absolute())


def _exit(errors: Sequence[str]) -> None:
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    sys.exit(1 if errors else 0)


def _refuse(arguments: Sequence[str]) -> None:
    """Raise InputError for arguments that Hydra would take, or refuse without saying what is meant."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise InputError("the working folder has been deleted; change into one that is there, as by cd.") from None
    refuse_other_encodings(arguments)
    refuse_two_modes(arguments)
    refuse_folders_of_hydra(arguments)
    refuse_options_that_are_none(arguments, CONF_FOLDER)
    refuse_other_tools(arguments)


def _do_single(function: Work, cfg: DictConfig, command: str, *, trains: bool) -> None:
    """Do the work of a command that is no job of a sweep, and measure it if it is a trial of someone else's."""
    config = read_config(cfg)
    sweeps = isinstance(config, StudySettings) and config.space and config.trial_of is None
    if sweeps and command != "search":
        raise InputError(f"a sweep needs -m: {command_line('train_gan')} -m sweep=lr_random trials=20.")

    result = function(config)
    if trains and config.trial_of is not None and not config.given:
        from leukgan.search.objective import objective_of_run
        from leukgan.search.tracked import track_trial

        track_trial(config, objective_of_run(config))
    if result is not None:  # else the command has printed all of it
        print(f"The result is in {result}")


def _errors_of(work: Callable[[], object]) -> list[str]:
    """Do the work; the sentence that says to the user why it ended early, or none."""
    try:
        work()
    except Stopped as stop:
        print(f"error: {stop}", file=sys.stderr)
        sys.exit(stop.exit_code)
    except Exception as error:
        sentence = explain(error)
        if isinstance(error, MissingConfigException) and error.missing_cfg_file:
            sentence = missing_package(error.missing_cfg_file) or sentence
            if not error.options and (options := _options_beside(error.missing_cfg_file)):  # as for an entry of a list
                sentence = f"{str(sentence).removesuffix('.')}; choose from {', '.join(options)}."
        if sentence is None:
            raise
        return [sentence]
    return []


def _options_beside(missing: str) -> list[str]:
    """The options of a group by one that is missing: csv, mlflow, ... by logger/nothing."""
    return sorted(path.stem for path in (CONF_FOLDER / missing).parent.glob("*.yaml")) if "/" in missing else []
