"""Checks of settings that several apps share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path

from omegaconf import DictConfig, ListConfig, OmegaConf

from leukgan.errors import InputError


def check_keys(cfg: DictConfig, path: str = "") -> None:
    """Refuse keys that were added to the schema's, at the top and in every part that has a schema of its own."""
    known = {field.name for field in fields(OmegaConf.get_type(cfg))}  # type: ignore[arg-type]
    for key in map(str, cfg):
        if key not in known:
            raise InputError(f"there is no setting '{path}{key}'; --help lists all settings.")
        if is_dataclass(OmegaConf.get_type(cfg, key)):
            check_keys(cfg[key], f"{path}{key}.")


def check_choice(key: str, values: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a value that is none of the known ones."""
    for value in values:
        if value not in known:
            raise InputError(f"{key} must be {' or '.join(known)}, got {value!r}.")


def check_least(cfg: DictConfig, least: Mapping[str, int]) -> None:
    """Refuse numbers below the least that their setting allows; a setting may be left out with null."""
    for key, number in least.items():
        value = OmegaConf.select(cfg, key)
        if value is not None and value < number:
            raise InputError(f"{key} must be at least {number}, got {value}.")


def split_indices(cfg: DictConfig) -> list[int]:
    """Numbers of the splits to run: split.indices, a number or several, or all of split.count.

    Raises:
        InputError: There is none, or one is no number from 0.
    """
    given = cfg.split.indices
    indices = list(range(cfg.split.count)) if given is None else [given] if isinstance(given, int) else given
    if not isinstance(indices, list | ListConfig) or not all(type(index) is int and index >= 0 for index in indices):
        raise InputError(f"split.indices must be numbers from 0, such as 2 or [0,2], got {given}.")
    if not indices:
        raise InputError("split.indices names no split; write for example 'split.indices=[0,2]', or leave it out.")
    return list(indices)


def output_file(output: str | None, name: str) -> Path | None:
    """The file that output= names; `name` is proposed where it names a folder."""
    path = Path(output) if output is not None else None
    if path is not None and path.is_dir():
        raise InputError(f"output must be a file, got the folder {path}; take {path / name}.")
    return path
