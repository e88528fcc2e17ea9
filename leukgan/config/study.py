"""Typed schema of a study's config: its keys, and what their values must be; most commands add a few of their own."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from leukgan.config.checks import check_choice, check_minimums, check_name, parse_time
from leukgan.config.parts import (
    EXTERNAL,
    AugmentationSettings,
    GeneratedSettings,
    GenerationSettings,
    MetricsSettings,
    QualitySettings,
    SplitSettings,
    external_sets,
)
from leukgan.errors import InputError
from leukgan.home import expand_home

MINIMUMS = {
    "seed": 0,
    "generator_steps": 1,
    "batch_size": 2,
    "checkpoint_every": 1,
    "generation.candidates": 1,
    "split.count": 1,
    "split.train_per_class": 1,
    "split.group_blocks": 1,
    "quality.track_every": 0,
    "trials": 1,
    "points": 1,
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

    name: str = MISSING
    runs: str = MISSING

    def check(self) -> None:
        check_name("name", self.name)

    def run(self, name: str) -> Path:
        """The run folder of a name, below the folder of all runs."""
        return expand_home(self.runs) / name


@dataclass
class StudySettings(RunSettings):
    """The keys of a study."""

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
        super().check()
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
