"""Typed schema of every command's config: its keys, and what their values must be.

The tools of leukgan/tools/ bring schemas of their own.
"""

from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from leukgan.arguments import ARGUMENTS, defaults_of
from leukgan.config.checks import check_choice, check_minimums, check_name, refuse_path
from leukgan.config.parts import GeneratedRoot
from leukgan.config.study import RunSettings, Settings, StudySettings
from leukgan.errors import InputError


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

    leaky: str | None = MISSING
    curve: list[str] = MISSING
    logger: dict[str, Any] = MISSING
    trust: list[str] = MISSING

    def check(self) -> None:
        super().check()
        if self.leaky is not None:
            check_name("leaky", self.leaky)
        for name in self.curve:
            check_name("curve", name)


@dataclass
class ReviewSettings(RunSettings):
    """The keys of review."""

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
        super().check()
        check_choice("mode", [self.mode], ("pick", "blind"))
        check_choice("parts", self.parts, ("train", "validation", "test"))
        check_minimums(self, {"split": 0, "images": 1, "seed": 0})
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
    seed: int = MISSING
    subtypes: list[str] = MISSING
    repeats: int = MISSING
    trust: list[str] = MISSING

    def check(self) -> None:
        super().check()
        check_minimums(self, {"repeats": 1, "seed": 0})


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
