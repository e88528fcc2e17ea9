"""The settings of a study: their checks, and all that is built from them before any work starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from leukgan.classification import CLASSIFIERS, TRAINING_SETS
from leukgan.config import OF_A_SPLIT, check_choice, check_minimums, split_indices
from leukgan.data.augmentation import check_augmentation
from leukgan.data.batches import check_share
from leukgan.data.datamodule import CellData
from leukgan.data.images import CellImages
from leukgan.data.loading import load_grouped
from leukgan.errors import InputError
from leukgan.features import Features
from leukgan.generation import BY_FEATURES, check_selection
from leukgan.run_folder.files import check_space
from leukgan.search.objective import DIRECTIONS, KID, is_trial
from leukgan.study.plan import Plan
from leukgan.study.split_gans import SplitGANs
from leukgan.tracking.registry import registered_targets
from leukgan.tracking.stages import Tracking

RUNS = Path("runs")
CACHE = RUNS / ".cache"  # beside the runs: decoded images, for any run of the same files
PROTOCOLS = ("clean", "paper")
COUNTS = (
    *("generator_steps", "batch_size", "checkpoint_every", "generation.per_class"),
    *("split.count", "split.train_per_class", "split.group_blocks"),
)
LEAST = {**dict.fromkeys((*COUNTS, "generation.candidates"), 1), "quality.track_every": 0}


def plan_of(cfg: DictConfig, *, classifies: bool = True) -> Plan:
    """Check all settings and build everything that a study needs.

    Args:
        cfg: The composed settings.
        classifies: Whether the classifiers are needed; an app that trains none downloads no weights for them.

    Raises:
        InputError: A setting is wrong, or the data can't be used.
    """
    check_study(cfg)
    settings = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    assert isinstance(settings, dict)
    folder = RUNS / cfg.name
    gan = instantiate(cfg.gan, _convert_="all", _partial_=True)
    made = build("gan", lambda: gan(seed=0))
    build("gan", made.configure_optimizers)
    space = 8 * sum(p.numel() * p.element_size() for p in made.parameters()) / 2**20 * 2 * len(split_indices(cfg))
    check_space(folder, 200 + space)
    plan = Plan(
        config={key: value for key, value in settings.items() if key in OF_A_SPLIT}
        | {"split": {name: value for name, value in settings["split"].items() if name not in ("count", "indices")}}
        | {"classifier": {name: settings["classifier"][name] for name in cfg.classifiers}},
        folder=folder,
        gan=gan,
        training=build("trainer", lambda: instantiate(cfg.trainer, _convert_="all")),
        tracking=tracking_of(cfg),
        images=images_of(cfg),
        classifiers={
            name: build(f"classifier.{name}", lambda name=name: instantiate(cfg.classifier[name], _convert_="all"))  # type: ignore[misc]
            for name in (cfg.classifiers if classifies else ())
        },
        features=build_features(cfg, "features") if classifies or cfg.generation.selection in BY_FEATURES else None,
        track_features=build_features(cfg, "track_features") if cfg.quality.track_every else None,
    )
    check_share(cfg.batch_size, plan.training.devices)
    drawn, given = made.hparams["image_size"], plan.images.images.shape[-1]
    if drawn != given:
        raise InputError(
            f"gan.image_size is {drawn} and the images have {given} pixels; set data.image_size alone, both follow it."
        )
    for index in split_indices(cfg):
        # Too few images, too small a batch or a folder of other settings is said before any work.
        split = SplitGANs(plan, index).split
        CellData(split, batch_size=cfg.batch_size)
        if is_trial(cfg):
            check_objective(cfg, [len(split.validation.of_class(label)) for label in (0, 1)])
    return plan


def check_study(cfg: DictConfig) -> None:
    """Refuse settings of a study that can't be right, before anything is built.

    Raises:
        InputError: A setting is wrong.
    """
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", cfg.name) or not all(part.strip(".") for part in cfg.name.split("/")):
        raise InputError(
            f"name must be a folder name of letters, digits, '-', '_' and '.', or <sweep>/<trial>, got {cfg.name!r}."
        )
    check_choice("protocol", [cfg.protocol], PROTOCOLS)
    check_selection(cfg.generation.selection)
    check_choice("generation.checkpoint", [cfg.generation.checkpoint], ("best", "last"))
    check_choice("classifiers", cfg.classifiers, [name for name in CLASSIFIERS if name in cfg.classifier])
    check_choice("training_sets", cfg.training_sets, TRAINING_SETS)
    check_minimums(cfg, LEAST)
    for user in ("gan", "classifiers"):
        check_augmentation(f"augmentation.{user}", cfg.augmentation[user])
    if cfg.augmentation.classifiers == "none" and any("+aug" in name for name in cfg.training_sets):
        raise InputError(
            "augmentation.classifiers=none leaves nothing for training sets with +aug; name others in training_sets."
        )
    if cfg.classifiers and (not cfg.training_sets or len(set(cfg.training_sets)) < len(cfg.training_sets)):
        raise InputError(f"training_sets must name at least one set and each once, got {list(cfg.training_sets)}.")
    unknown = set(cfg.classifier) - {"weights", *CLASSIFIERS}
    if unknown:
        raise InputError(f"there is no setting 'classifier.{min(unknown)}'; --help lists all settings.")
    groups = ("data", "gan", "trainer", "quality.features", "quality.track_features")
    for key in (*groups, *(f"classifier.{name}" for name in cfg.classifiers)):
        check_target(cfg, key)
    if "seed" in cfg.gan:
        raise InputError("gan.seed follows from seed and the split; set seed= instead.")


def check_objective(cfg: DictConfig, held_out: Sequence[int]) -> None:
    """Refuse a trial that could not be measured at its end; `held_out` validation images there are of each class."""
    check_choice("direction", [cfg.direction], DIRECTIONS)
    measured = cfg.quality.track_every > 0 and cfg.protocol == "clean" and min(held_out) > 1
    if cfg.objective == KID and not measured:
        raise InputError(
            f"objective={KID} needs quality.track_every above 0, protocol=clean and two validation images of each "
            f"class or more; there are {held_out[0]} and {held_out[1]}: take a larger split.validation_fraction."
        )


def check_target(cfg: DictConfig, key: str) -> None:
    """Refuse to build what is not leukgan's."""
    if not str(OmegaConf.select(cfg, f"{key}._target_")).startswith("leukgan."):
        raise InputError(f"{key}._target_ must name a class or function of leukgan; leave it as its file has it.")


def tracking_of(cfg: DictConfig) -> Tracking:
    """Build the logger that logger= names.

    Raises:
        InputError: It is not registered, or its server does not know the key.
    """
    if cfg.logger.get("_target_") not in registered_targets():
        raise InputError("logger._target_ must name a class or function of leukgan; leave it as its file has it.")
    made: Tracking = build("logger", lambda: instantiate(cfg.logger, _convert_="all"))
    return made


def images_of(cfg: DictConfig) -> CellImages:
    """The images that a study uses, with the groups that no split may cross."""
    with Console(stderr=True).status("reading the images") as status:
        return load_grouped(
            build("data", lambda: instantiate(cfg.data, _convert_="all")),
            repeats=cfg.split.group_repeats,
            block=cfg.split.group_blocks,
            cache=CACHE,
            progress=status.update,
        )


def build_features(cfg: DictConfig, key: str) -> Features:
    """The features of one of quality's keys; a module within them may be torch's or torchvision's too."""
    for target in targets_below(cfg.quality[key]):
        if target.partition(".")[0] not in ("leukgan", "torch", "torchvision"):
            raise InputError(f"quality.{key} names {target}; a module of features must be leukgan's or torch's.")
    try:
        made: Features = build(f"quality.{key}", lambda: instantiate(cfg.quality[key], _convert_="all"))
    except InputError as error:
        raise InputError(re.sub("^weights|(?<= )weights(?==)", f"quality.{key}.weights", str(error))) from None
    return made


def targets_below(node: Any) -> Iterator[str]:
    """Every _target_ in a tree of settings."""
    if isinstance(node, DictConfig):
        for key, value in node.items():
            yield from [str(value)] if key == "_target_" else targets_below(value)


def build(group: str, make: Callable[[], Any]) -> Any:
    """Call a constructor; an argument that it does not have, or of the wrong kind, is the user's to mend."""
    try:
        return make()
    except (TypeError, ValueError, InstantiationException) as error:
        cause = error.__cause__ if isinstance(error, InstantiationException) and error.__cause__ else error
        if isinstance(cause, InputError):
            raise cause from None
        wrong = re.search(r"unexpected keyword argument '(\w+)'", str(cause))
        if wrong:
            raise InputError(f"there is no setting '{group}.{wrong.group(1)}'; --help lists all settings.") from error
        if isinstance(cause, TypeError | ValueError):
            raise InputError(f"{group}: {str(cause).splitlines()[0]}") from error
        raise
