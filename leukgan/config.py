"""Typed schema of every command's config, and the checks of its values; unknown keys are errors.

The tools of leukgan/tools/ bring schemas of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, ListConfig, OmegaConf

from leukgan.errors import InputError


@dataclass
class SplitSettings:
    """How many splits there are, which are run, and how the images are divided."""

    count: int = MISSING
    indices: Any = MISSING
    test_fraction: float = MISSING
    validation_fraction: float = MISSING
    train_per_class: int | None = MISSING
    group_repeats: bool = MISSING
    group_blocks: int | None = MISSING
    file: str | None = MISSING


@dataclass
class AugmentationSettings:
    """What is made of each image by turning it, for the GANs and for the classifiers."""

    gan: str = MISSING
    classifiers: str = MISSING


@dataclass
class GenerationSettings:
    """How many images are generated and which are kept."""

    per_class: int = MISSING
    selection: str = MISSING
    candidates: int = MISSING
    checkpoint: str = MISSING


@dataclass
class QualitySettings:
    """How generated images are measured, after and during the training."""

    features: dict[str, Any] = MISSING
    fid: bool = MISSING
    track_every: int = MISSING
    track_features: dict[str, Any] = MISSING


@dataclass
class StudySettings:
    """Every key at the top of a study's configuration; any other is an error."""

    name: str = MISSING
    trial_of: str | None = MISSING
    seed: int = MISSING
    protocol: str = MISSING
    generator_steps: int = MISSING
    batch_size: int = MISSING
    checkpoint_every: int = MISSING
    training_sets: list[str] = MISSING
    classifiers: list[str] = MISSING
    split: SplitSettings = MISSING
    augmentation: AugmentationSettings = MISSING
    generation: GenerationSettings = MISSING
    quality: QualitySettings = MISSING
    data: dict[str, Any] = MISSING
    gan: dict[str, Any] = MISSING
    trainer: dict[str, Any] = MISSING
    classifier: dict[str, Any] = MISSING
    logger: dict[str, Any] = MISSING
    space: dict[str, str] = MISSING
    trials: int = MISSING
    points: int | None = MISSING
    objective: str = MISSING
    direction: str = MISSING


@dataclass
class TrainGANSettings(StudySettings):
    """The keys of experiments/train_gan.py: the study's and one more."""

    class_name: str | None = MISSING


@dataclass
class SearchSettings(TrainGANSettings):
    """The keys of experiments/search.py: those of a training and of how its settings are chosen."""

    startup_trials: int = MISSING
    prune: bool = MISSING
    storage: str | None = MISSING


@dataclass
class GenerateSettings(StudySettings):
    """The keys of experiments/generate.py: the study's and those of drawing from one checkpoint."""

    checkpoint: str | None = MISSING
    seeds: Any = MISSING
    truncation: float = MISSING
    interpolation: int | None = MISSING
    format: str = MISSING
    output: str = MISSING
    label: int | None = MISSING


@dataclass
class CheckDataSettings(StudySettings):
    """The keys of experiments/check_data.py: the study's and one more."""

    overlaps: bool = MISSING


@dataclass
class ReportSettings:
    """The keys of experiments/report.py."""

    name: str = MISSING
    leaky: str | None = MISSING
    logger: dict[str, Any] = MISSING


OF_A_SEARCH = {"trial_of", "space", "trials", "points", "objective", "direction"}  # settings that choose what is tried
OF_A_SPLIT = {field.name for field in fields(StudySettings)} - {"logger", *OF_A_SEARCH}  # that can change its numbers


@dataclass
class CompareGANsSettings:
    """The keys of experiments/compare_gans.py."""

    runs: list[str] = MISSING
    name: str = MISSING
    weights: str = MISSING
    images: int = MISSING
    seed: int = MISSING


@dataclass
class VerifyTableSettings:
    """The keys of experiments/verify_table.py."""

    table: str = MISSING
    output: str | None = MISSING
    max_n: int = MISSING


@dataclass
class CompareSmearsSettings:
    """The keys of experiments/compare_smears.py."""

    data: dict[str, Any] = MISSING
    name: str = MISSING
    seed: int = MISSING
    subtypes: list[str] = MISSING
    repeats: int = MISSING


ConfigStore.instance().store("study_settings", StudySettings)
ConfigStore.instance().store("train_gan_settings", TrainGANSettings)
ConfigStore.instance().store("search_settings", SearchSettings)
ConfigStore.instance().store("generate_settings", GenerateSettings)
ConfigStore.instance().store("check_data_settings", CheckDataSettings)
ConfigStore.instance().store("report_settings", ReportSettings)
ConfigStore.instance().store("compare_gans_settings", CompareGANsSettings)
ConfigStore.instance().store("verify_table_settings", VerifyTableSettings)
ConfigStore.instance().store("compare_smears_settings", CompareSmearsSettings)


def as_override(argument: str) -> str:
    """A typed argument as Hydra takes it: one that may name any argument of a constructor, also if no YAML has it."""
    return re.sub(r"^(?=(data|gan|trainer|classifier|logger|quality)\.[\w.]+=|space=)", "++", argument)


def as_typed(argument: str) -> str:
    """An override as the user typed it, without what `as_override` adds."""
    return argument.removeprefix("++")


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


def check_minimums(cfg: DictConfig, minimums: Mapping[str, int]) -> None:
    """Refuse numbers below the least that their setting allows; a setting may be left out with null."""
    for key, number in minimums.items():
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
