"""What a command does, and every setting of it with its value, its range and its meaning."""

import argparse
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import hydra
import yaml
from omegaconf import DictConfig, OmegaConf, open_dict

from leukgan.arguments import ARGUMENTS
from leukgan.config.study import MINIMUMS


def print_help(command: str, arguments: Sequence[str], conf: Path) -> None:
    """What a command does, and all its settings with the values that they have after the given overrides.

    Hydra's own help would take two seconds more: it composes a config for each of its groups.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--config-dir", "-cd", type=Path)
    own, others = parser.parse_known_args(arguments)
    overrides = [argument for argument in others if not argument.startswith("-")]
    folders = [conf, *([own.config_dir.absolute()] if own.config_dir else [])]
    if own.config_dir:
        overrides.append(f"hydra.searchpath=['{folders[1]}']")
    with hydra.initialize_config_dir(str(conf), version_base="1.3"):
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
