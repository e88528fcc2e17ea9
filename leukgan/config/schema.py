"""Typed schema of every command's config: its keys, and what their values must be.

The tools of leukgan/tools/ bring schemas of their own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from leukgan.arguments import ARGUMENTS, defaults_of
from leukgan.config.checks import check_choice, check_minimums, check_name, parse_time, refuse_path
from leukgan.config.external import EXTERNAL, external_sets
from leukgan.config.parts import (
    AugmentationSettings,
    GeneratedRoot,
    GeneratedSettings,
    GenerationSettings,
    MetricsSettings,
    QualitySettings,
    SplitSettings,
)
from leukgan.errors import InputError

MINIMUMS = {
    "generator_steps": 1,
    "batch_size": 1,
    "checkpoint_every": 1,
    "generation.candidates": 1,
    "split.count": 1,
    "split.train_per_class": 1,
    "split.group_blocks": 1,
    "quality.track_every": 0,
}
# Settings of a study that can't change a split's numbers: who trained its GANs, logging, and what a search tries.
FREE = ("runs", "logger", "trust", "gans_from", "trial_of", "space", "trials", "points", "objective", "direction")
# Settings of a study that change nothing where another generator made the images.
OF_GANS = (
    *("gan", "gans_from", "trainer", "callbacks"),
    *("generator_steps", "generator_time", "batch_size", "checkpoint_every"),
)
PER = "per"  # the key of gan that says what its GANs learn, a class or a member; not an argument of a constructor
KID = "val/kid"  # the objective that is the distance to validation images, of the checkpoint to generate from


class Settings:
    """A command's settings."""

    def check(self) -> None:
        """Raise InputError for a value that can't be right, before anything is built."""


@dataclass
class RunSettings(Settings):
    """The keys of a command that works in run folders."""

    runs: str = MISSING

    def run(self, name: str) -> Path:
        """The run folder of a name, below the folder of all runs."""
        return Path(self.runs).expanduser() / name


@dataclass
class StudySettings(RunSettings):
    """The keys of a study."""

    name: str = MISSING
    gans_from: str | None = MISSING
    trial_of: str | None = MISSING
    seed: int = MISSING
    protocol: str = MISSING
    generator_steps: int = MISSING
    generator_time: str | None = MISSING
    batch_size: int = MISSING
    checkpoint_every: int = MISSING
    training_sets: list[str] = MISSING
    classifiers: list[str] = MISSING
    split: SplitSettings = MISSING
    augmentation: AugmentationSettings = MISSING
    generation: GenerationSettings = MISSING
    generated: GeneratedSettings = MISSING
    quality: QualitySettings = MISSING
    metrics: MetricsSettings = MISSING
    data: dict[str, Any] = MISSING
    gan: dict[str, Any] = MISSING
    trainer: dict[str, Any] = MISSING
    classifier: dict[str, Any] = MISSING
    logger: dict[str, Any] = MISSING
    callbacks: dict[str, Any] = MISSING
    trust: list[str] = MISSING
    space: dict[str, str] = MISSING
    trials: int = MISSING
    points: int | None = MISSING
    objective: str = MISSING
    direction: str = MISSING

    @property
    def source(self) -> dict[str, Any]:
        """The settings of the data source: `data` without the external test sets."""
        return {name: value for name, value in self.data.items() if name != EXTERNAL}

    @property
    def external(self) -> dict[str, dict[str, Any]]:
        """The settings of each external test set's images, by its name."""
        return external_sets(self.data.get(EXTERNAL))

    @property
    def gan_constructor(self) -> dict[str, Any]:
        """The GAN's class and its arguments: `gan` without what a GAN learns."""
        return {name: value for name, value in self.gan.items() if name != PER}

    @property
    def gan_per(self) -> str:
        """What a GAN learns: a class, or a member of one."""
        return str(self.gan[PER])

    def check(self) -> None:
        check_name("name", self.name)
        if self.gans_from is not None:
            check_name("gans_from", self.gans_from)
            if self.gans_from == self.name:
                raise InputError(f"gans_from={self.gans_from} is this run itself; give the study another name=.")
        check_choice("protocol", [self.protocol], ("clean", "paper"))
        check_choice("generation.checkpoint", [self.generation.checkpoint], ("best", "last"))
        check_choice("direction", [self.direction], ("minimize", "maximize"))
        check_minimums(self, MINIMUMS)
        if self.generator_time is not None:
            parse_time(self.generator_time)
        self.split.chosen()
        self.generation.check()
        self.generated.check()
        if self.given:
            self._check_given()
        external_sets(self.data.get(EXTERNAL))
        if not 0 < self.metrics.specificity < 1:
            raise InputError(f"metrics.specificity must lie between 0 and 1, got {self.metrics.specificity}; use 0.95.")

        if self.augmentation.classifiers == "none" and any("+aug" in name for name in self.training_sets):
            raise InputError(
                "augmentation.classifiers=none leaves nothing for training sets with +aug; name others in "
                "training_sets."
            )
        if self.classifiers and (not self.training_sets or len(set(self.training_sets)) < len(self.training_sets)):
            raise InputError(f"training_sets must name at least one set and each once, got {self.training_sets}.")
        if "seed" in self.gan:
            raise InputError("gan.seed follows from seed and the split; set seed= instead.")
        if "classes" in self.gan:
            raise InputError("gan.classes follows from the data and gan.per; leave it out.")
        check_choice("gan.per", [self.gan_per], ("class", "member"))

    @property
    def given(self) -> bool:
        """Whether another generator made the images."""
        return self.generated.root is not None

    @property
    def protocol_of_rows(self) -> str:
        """The protocol in the rows of tables: unverified if nobody has said what the generator learned from."""
        return "unverified" if self.given and self.generated.trained_on == "unknown" else self.protocol

    def _check_given(self) -> None:
        """Raise InputError for settings of GANs that have no meaning for images of another generator."""
        if self.protocol != "clean":
            raise InputError(
                f"protocol={self.protocol} is for GANs that leukgan trains; leave it out, as the rows of generated= "
                "bear UNVERIFIED unless generated.trained_on=split."
            )
        if self.gans_from is not None:
            raise InputError(f"gans_from={self.gans_from} and generated= are two origins of images; leave out one.")
        check_choice("generation.selection", [self.generation.selection], ("random", "realism", "diverse"))

    def saved(self) -> dict[str, Any]:
        """The settings that can change a split's numbers, as its config.yaml holds them."""
        without = OF_GANS if self.given else ("generated",)
        known = {field.name for field in fields(StudySettings)}.difference(FREE, without)
        settings = {name: value for name, value in asdict(self).items() if name in known}
        del settings["split"]["count"], settings["split"]["indices"]
        settings["classifier"] = {name: self.classifier[name] for name in self.classifiers}
        if not self.callbacks:
            settings.pop("callbacks", None)
        if self.gan_per == "class":  # as folders of before gan.per have it
            settings["gan"] = self.gan_constructor
        return settings | {"data": self.source} | ({EXTERNAL: self.external} if self.external else {})


@dataclass
class SplitCommandSettings(StudySettings):
    """The keys of a study and of split."""

    output: str | None = MISSING


@dataclass
class TrainGANSettings(StudySettings):
    """The keys of a study and of train_gan."""

    class_name: str | None = MISSING

    def check(self) -> None:
        super().check()
        if self.given:
            raise InputError(f"generated={self.generated.root} leaves no GAN to train; leave it out.")


@dataclass
class SearchSettings(TrainGANSettings):
    """The keys of a training, and of how its settings are chosen."""

    startup_trials: int = MISSING
    prune: bool = MISSING
    storage: str | None = MISSING

    def check(self) -> None:
        super().check()
        check_minimums(self, {"trials": 1, "startup_trials": 1})
        if self.generator_time is not None:
            raise InputError("a search compares trials at equal generator_steps; leave generator_time out.")


@dataclass
class GenerateSettings(StudySettings):
    """The keys of a study, and of drawing from one checkpoint."""

    checkpoint: str | None = MISSING
    seeds: Any = MISSING
    truncation: float = MISSING
    interpolation: int | None = MISSING
    format: str = MISSING
    output: str = MISSING
    label: int | None = MISSING

    def check(self) -> None:
        super().check()
        if self.given and self.checkpoint is not None:
            raise InputError(f"checkpoint={self.checkpoint} and generated= are two origins of images; leave out one.")


@dataclass
class CheckDataSettings(StudySettings):
    """The keys of a study and of check_data."""

    overlaps: bool = MISSING


@dataclass
class ReportSettings(RunSettings):
    """The keys of report."""

    name: str = MISSING
    leaky: str | None = MISSING
    curve: list[str] = MISSING
    logger: dict[str, Any] = MISSING
    trust: list[str] = MISSING

    def check(self) -> None:
        check_name("name", self.name)
        if self.leaky is not None:
            check_name("leaky", self.leaky)
        for name in self.curve:
            check_name("curve", name)


@dataclass
class ReviewSettings(RunSettings):
    """The keys of review."""

    name: str = MISSING
    mode: str = MISSING
    split: int = MISSING
    class_name: str | None = MISSING
    generated: GeneratedRoot = MISSING
    images: int | None = MISSING
    precision: float = MISSING
    parts: list[str] = MISSING
    seed: int = MISSING
    trust: list[str] = MISSING

    def check(self) -> None:
        check_name("name", self.name)
        check_choice("mode", [self.mode], ("pick", "blind"))
        check_choice("parts", self.parts, ("train", "validation", "test"))
        check_minimums(self, {"split": 0, "images": 1})
        if not 0.01 <= self.precision < 0.5:
            raise InputError(f"precision must be from 0.01 to below 0.5, got {self.precision}; 0.1 is ten points.")


@dataclass
class CompareGANsSettings(Settings):
    """The keys of compare_gans."""

    runs: list[str] = MISSING
    name: str = MISSING
    weights: str | None = MISSING
    images: int = MISSING
    seed: int = MISSING
    trust: list[str] = MISSING

    def check(self) -> None:
        for run in self.runs:
            refuse_path("runs", run)


@dataclass
class VerifyTableSettings(Settings):
    """The keys of verify_table."""

    table: str = MISSING
    output: str | None = MISSING
    max_n: int = MISSING


@dataclass
class CompareSmearsSettings(RunSettings):
    """The keys of compare_smears."""

    data: dict[str, Any] = MISSING
    name: str = MISSING
    seed: int = MISSING
    subtypes: list[str] = MISSING
    repeats: int = MISSING
    trust: list[str] = MISSING

    def check(self) -> None:
        check_name("name", self.name)
        check_minimums(self, {"repeats": 1})


for _name, _schema in {
    "study": StudySettings,
    "split": SplitCommandSettings,
    "train_gan": TrainGANSettings,
    "search": SearchSettings,
    "generate": GenerateSettings,
    "check_data": CheckDataSettings,
    "report": ReportSettings,
    "review": ReviewSettings,
    "compare_gans": CompareGANsSettings,
    "verify_table": VerifyTableSettings,
    "compare_smears": CompareSmearsSettings,
}.items():
    ConfigStore.instance().store(f"{_name}_settings", _schema)

for _target in ARGUMENTS:
    ConfigStore.instance().store(_target, defaults_of(_target), group="arguments")
