"""Typed schema of the parts of a study's config, such as split and generation: their keys, and what values may be."""

import re
from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from leukgan.config.checks import check_choice
from leukgan.errors import InputError
from leukgan.home import expand_home

EXTERNAL = "external"  # the key of `data` that no data source has
INTERNAL = ("real", "generated")  # test sets of every study
NAME = re.compile(r"[A-Za-z0-9][\w-]{0,39}", re.ASCII)


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

    def chosen(self) -> list[int]:
        """Numbers of the splits to run: `indices`, a number or several, or all of `count`.

        Raises:
            InputError: There is none, or one is no number from 0.
        """
        given = self.indices
        indices = list(range(self.count)) if given is None else [given] if isinstance(given, int) else given
        if not isinstance(indices, list) or not all(type(index) is int and index >= 0 for index in indices):
            raise InputError(f"split.indices must be numbers from 0, such as 2 or [0,2], got {given}.")
        if not indices:
            raise InputError("split.indices names no split; write for example 'split.indices=[0,2]', or leave it out.")
        return indices


@dataclass
class AugmentationSettings:
    """What is made of each image by turning it, for the GANs and for the classifiers."""

    gan: str = MISSING
    classifiers: str = MISSING


@dataclass
class GenerationSettings:
    """How many images are generated and which are kept."""

    per_class: Any = MISSING
    selection: str = MISSING
    candidates: int = MISSING
    checkpoint: str = MISSING

    def numbers(self) -> list[int]:
        """The numbers of images of each class that classifiers are trained with, ascending; one, or several."""
        given = self.per_class
        return sorted(given) if isinstance(given, list) else [given] if isinstance(given, int) else []

    def drawn(self, class_name: str) -> int:
        """How many images of a class are drawn: of several numbers the largest."""
        given = self.per_class
        return int(given.get(class_name, 0)) if isinstance(given, dict) else self.numbers()[-1]

    def check(self) -> None:
        """Raise InputError if `per_class` is no number of images, several, or one for each class."""
        given = self.per_class
        found = list(given.values()) if isinstance(given, dict) else given if isinstance(given, list) else [given]
        numbers = all(type(number) is int and number >= 0 for number in found)
        if not numbers or not any(found) or (isinstance(given, list) and len(set(given)) < len(given)):
            raise InputError(
                "generation.per_class must be a number of images from 1, several such as [0,50,100], or one for each "
                f"class such as {{leukemia: 400, healthy: 0}}, got {given}."
            )


@dataclass
class QualitySettings:
    """How generated images are measured, after and during the training."""

    features: dict[str, Any] = MISSING
    fid: bool = MISSING
    track_every: int = MISSING
    track_features: dict[str, Any] = MISSING


@dataclass
class MetricsSettings:
    """The metric that a study's answer is about, and the specificity at which sensitivity is told."""

    primary: str = MISSING
    specificity: float = MISSING


@dataclass
class GeneratedRoot:
    """Where images of another generator are; generated=FOLDER is short for generated.root=FOLDER."""

    root: str | None = MISSING


@dataclass
class GeneratedSettings(GeneratedRoot):
    """Images of another generator in place of the GANs' ones, and what that generator learned from."""

    trained_on: str = MISSING
    split_file: str | None = MISSING

    def check(self) -> None:
        """Raise InputError if the settings contradict each other."""
        check_choice("generated.trained_on", [self.trained_on], ("unknown", "split"))
        if self.root is None and (self.trained_on, self.split_file) != ("unknown", None):
            key = "split_file" if self.trained_on == "unknown" else "trained_on"
            raise InputError(f"generated.{key} is about the images of generated=FOLDER; give the folder too.")
        if self.trained_on == "split" and self.split_file is None:
            raise InputError(
                "generated.trained_on=split needs the split.json that the generator was trained by, as leukgan split "
                "writes it; give generated.split_file=FILE."
            )
        if self.trained_on == "unknown" and self.split_file is not None:
            raise InputError(
                f"generated.split_file={self.split_file} says what the generator was trained on; add "
                "generated.trained_on=split, or leave it out."
            )


def external_sets(given: Any) -> dict[str, dict[str, Any]]:
    """The settings of each external set's images by its name.

    Args:
        given: One path or several, which are named after their folder or csv file; or by name a path, or the settings
            of a data source.

    Raises:
        InputError: A path or a name that is none, or a name given twice.
    """
    if isinstance(given, dict):
        named = [(str(name), value) for name, value in given.items()]
    else:
        paths = given if isinstance(given, list) else [given] if given is not None else []
        named = [(_own_name(path), path) for path in paths]

    for number, (name, value) in enumerate(named):
        if not isinstance(value, str | dict) or not value:
            raise InputError(f"data.external must be a folder, a csv file, or several by name, got {value!r}.")
        if not NAME.fullmatch(name) or name.casefold() in INTERNAL:
            raise InputError(
                f"data.external: {name!r} can't name a test set; give one of up to 40 letters, digits, '-' and '_', "
                f"other than {' and '.join(INTERNAL)}, as in 'data.external={{hospital_b: FOLDER}}'."
            )
        if name.casefold() in (other.casefold() for other, _ in named[:number]):
            raise InputError(f"data.external has two test sets {name!r}; give names, as in {{b: FOLDER, c: FOLDER}}.")
    return {name: _settings(value) for name, value in named}


def _own_name(path: Any) -> str:
    return re.sub(r"\.csv$", "", expand_home(str(path)).absolute().name, flags=re.IGNORECASE)


def _settings(value: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    is_table = value.lower().endswith(".csv") and not expand_home(value).is_dir()
    return {"table" if is_table else "root": value}
