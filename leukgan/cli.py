"""How a function of a config becomes a command: Hydra, exit codes, errors as sentences, the last line.

The commands are the files of experiments/; `leukgan NAME` starts them where the package is installed. Each imports what
it works with when its work starts, so that --help and an error about a typo need not wait for torch.
"""

from __future__ import annotations

import argparse
import ast
import math
import os
import re
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import hydra
import yaml
from hydra.errors import MissingConfigException
from omegaconf import DictConfig, OmegaConf, open_dict

import leukgan
from leukgan.arguments import ARGUMENTS
from leukgan.config import MINIMUMS, StudySettings, as_override, read_config
from leukgan.errors import INSTALLED, PACKAGE, InputError, command_line, explain
from leukgan.search.jobs import Launch, in_multirun, missing_package, run_job

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
        print("leukgan COMMAND [SETTING=VALUE ...]; leukgan COMMAND --help lists a command's settings.\n")
        for command, path in files.items():
            print(f"  {command:16}{ast.get_docstring(ast.parse(path.read_text()))}")
    elif name not in files:
        sys.exit(f"error: there is no command '{name}'; choose from {', '.join(files)}.")
    else:
        sys.argv[1:] = arguments
        runpy.run_path(str(files[name]), run_name="__main__")


def app(config_name: str, *, trains: bool = False) -> Callable[[Work], Callable[[], None]]:
    """Make a function of a config, which returns its result's path or None if it has printed all, a command.

    The command ends with exit code 0 and a line that says where the result is, or with exit code 1 and one sentence on
    standard error if the user's input or the machine is at fault. Errors of the program keep their traceback. With -m,
    the function is the work of each job: see `run_job`.

    Args:
        config_name: Name of the command, and of the file in conf/ with its settings.
        trains: Whether it trains GANs, by which the trials of a search are compared.
    """

    def decorate(function: Work) -> Callable[[], None]:
        def command() -> None:
            os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach this function instead of being printed by Hydra
            sys.argv[1:] = [as_override(argument) for argument in sys.argv[1:]]
            errors: list[str] = []
            if {"--help", "-h"}.intersection(sys.argv[1:]):
                errors = _errors_of(lambda: _print_help(config_name, sys.argv[1:]))
                _exit(errors)
            launch = Launch()

            @wraps(function)  # Hydra calls a job after the file that the function is from
            def run(cfg: DictConfig) -> float | None:
                if in_multirun() and "space" in cfg:
                    launch.enter()
                    return run_job(function, cfg, app=config_name, trains=trains)
                errors.extend(_errors_of(lambda: _print_result(function(_read_single(cfg, config_name)))))
                return None

            main = hydra.main(version_base="1.3", config_path=CONF, config_name=config_name)(run)
            errors.extend(_errors_of(main))
            _exit(errors)

        return command

    return decorate


def _exit(errors: Sequence[str]) -> None:
    """End the command with exit code 1 if there are errors, which are printed, and else with 0."""
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    sys.exit(1 if errors else 0)


def _print_help(command: str, arguments: Sequence[str]) -> None:
    """What a command does, and all its settings with the values that they have after the given overrides.

    Hydra's own help would take two seconds more: it composes a config for each of its groups.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--config-dir", "-cd", type=Path)
    own, others = parser.parse_known_args(arguments)
    overrides = [argument for argument in others if not argument.startswith("-")]
    folders = [Path(CONF), *([own.config_dir.absolute()] if own.config_dir else [])]
    if own.config_dir:
        overrides.append(f"hydra.searchpath=['{folders[1]}']")
    with hydra.initialize_config_dir(CONF, version_base="1.3"):
        cfg = hydra.compose(command, overrides, return_hydra_config=True)

    print(f"{cfg.hydra.help.header.strip()}\n")
    groups = {path.name for folder in folders for path in folder.iterdir() if path.is_dir()}
    groups &= {*map(str, cfg), *cfg.hydra.runtime.choices}
    if groups:
        print("Groups (choose with group=option):\n")
        for group in sorted(groups):
            options = {path.stem for folder in folders for path in (folder / group).glob("*.yaml")}
            print(f"  {group}: {', '.join(sorted(options))}")
        print()

    choices = cfg.hydra.runtime.choices
    with open_dict(cfg):
        del cfg["hydra"]
    print("Settings (change any with key=value):\n")
    remarks = _remarks(folders, command, cfg, choices)
    for line, key in _yaml_lines(OmegaConf.to_container(cfg)):
        print(f"{line:28} # {remarks[key]}" if key in remarks else line)


def _yaml_lines(settings: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The lines of settings as YAML, with the full key of each; a list stands on one line."""
    for key, value in settings.items():
        indent = "  " * prefix.count(".")
        if isinstance(value, dict) and value:
            yield f"{indent}{key}:", f"{prefix}{key}"
            yield from _yaml_lines(value, f"{prefix}{key}.")
        else:
            text = yaml.safe_dump(value, default_flow_style=True, width=math.inf).removesuffix("...\n").strip()
            yield f"{indent}{key}: {text}", f"{prefix}{key}"


def _remarks(folders: Sequence[Path], command: str, cfg: DictConfig, choices: Mapping[str, str]) -> dict[str, str]:
    """Range and meaning of settings by their full key: from the files in conf/, and from the constructors."""
    remarks: dict[str, str] = {}
    for folder in folders:
        for name in ("study", "train_gan", command) if "protocol" in cfg else (command,):
            remarks |= _comments(folder / f"{name}.yaml")
        for path in folder.glob("*/*.yaml"):  # of a group that takes several options, of all of them
            if path.parent.name in cfg and choices.get(path.parent.name, path.stem) == path.stem:
                remarks |= {f"{path.parent.name}.{key}": said for key, said in _comments(path).items()}
    for key, least in MINIMUMS.items():
        if key in remarks or OmegaConf.select(cfg, key) is not None:
            remarks[key] = "; ".join([f"at least {least}", *filter(None, [remarks.get(key)])])

    def add(node: Any, prefix: str) -> None:
        for name, known in ARGUMENTS.get(str(node.get("_target_")), {}).items():
            said = "; ".join(known[part] for part in ("range", "meaning") if part in known)
            remarks.setdefault(f"{prefix}{name}", said)
        for key, value in node.items():
            if isinstance(value, dict):
                add(value, f"{prefix}{key}.")

    add(OmegaConf.to_container(cfg), "")
    return {key: remark for key, remark in remarks.items() if remark}


def _comments(path: Path) -> dict[str, str]:
    """The comment behind each setting of a YAML file, by the setting's full key."""
    comments: dict[str, str] = {}
    parents: list[str] = []
    for line in path.read_text().splitlines() if path.exists() else ():
        setting = re.match(r"( *)([\w.]+):[^#]*(?:# (.*))?$", line)
        if setting:
            parents = [*parents[: len(setting[1]) // 2], setting[2]]
            if setting[3]:
                comments[".".join(parents)] = setting[3].strip()
    return comments


def _read_single(cfg: DictConfig, command: str) -> Any:
    """The settings of a command that is no job of a sweep."""
    config = read_config(cfg)
    sweeps = isinstance(config, StudySettings) and config.space and config.trial_of is None
    if sweeps and command != "search":
        raise InputError(f"a sweep needs -m: {command_line('train_gan')} -m sweep=lr_random trials=20.")
    return config


def _errors_of(work: Callable[[], object]) -> list[str]:
    """Do the work; the sentence that says to the user why it ended early, or none."""
    try:
        work()
    except KeyboardInterrupt:
        return ["stopped by Ctrl-C; the same command continues."]
    except Exception as error:
        package = missing_package(error.missing_cfg_file) if isinstance(error, MissingConfigException) else None
        sentence = package or explain(error)
        if sentence is None:
            raise
        return [sentence]
    return []


def _print_result(path: Path | None) -> None:
    """Say where the result is; without a path the command has printed all of it."""
    if path is not None:
        print(f"The result is in {path}")
