"""Which constructors settings may name, each in its place: no other is imported, let alone called."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser

from leukgan.arguments import ARGUMENTS, REGISTERED
from leukgan.errors import InputError

TARGET = "_target_"
TRUST = "trust"
REGISTRIES = {  # which tell what arguments.json does not have yet
    "gan": "leukgan.gans.registry",
    "data": "leukgan.data.sources.registry",
    "classifier": "leukgan.classification.registry",
    "logger": "leukgan.tracking.registry",
}
# The group of the constructors that leukgan ships, by the start of their names; the first that fits counts.
GROUPS = {
    "leukgan.gans.Training": "trainer",
    "leukgan.gans.": "gan",
    "leukgan.data.sources.": "data",
    "leukgan.classification.": "classifier",
    "leukgan.tracking.": "logger",
}
# How many names stand between a group and its `_target_`: data._target_, classifier.svm._target_.
DEPTHS = {"data": 0, "gan": 0, "trainer": 0, "classifier": 1, "logger": 1, "callbacks": 1}
# Of that very module: longer names reach whatever it imports.
LIGHTNING = {  # what a group may name besides
    "logger": re.compile(r"lightning\.pytorch\.loggers\.[A-Z]\w*"),
    "callbacks": re.compile(r"lightning\.pytorch\.callbacks\.[A-Z]\w*"),
}
OF_EXTERNAL_SET = re.compile(rf"(data\.)?external\.[^.]+\.{TARGET}")  # as typed, and as a run folder has it
FEATURES = re.compile(r"leukgan\.features\.[A-Z]\w*|torch\.nn\.[A-Z]\w*|torchvision\.models\.[A-Za-z]\w*")


def check_targets(settings: Any, trusted: Sequence[str], source: str = "") -> None:
    """Refuse a tree of settings that names a constructor which is not allowed in its place.

    Args:
        settings: Mappings, lists and plain values, with interpolations resolved.
        trusted: Packages of the user that it may name too.
        source: The file that the settings are from; empty: the command line and conf/.
    """
    for key, target in targets_within(settings):
        if not _is_allowed(key, target) and not belongs_to(target, trusted):
            raise InputError(
                f"{f'{source}: ' if source else ''}{key}={target} names code that settings may not run there; leave "
                f"{TARGET} as its file has it, or allow a package of your own on the command line by {TRUST}=[PACKAGE]."
            )


def belongs_to(target: str, packages: Sequence[str]) -> bool:
    """Whether a constructor is in one of these packages."""
    return any(target.startswith(f"{package}.") for package in packages)


def trusted_packages() -> list[str]:
    """The user's own packages that settings may name, as the command line lists them: never a file."""
    if not HydraConfig.initialized():
        return []
    return trusted_by(HydraConfig.get().overrides.task)


def trusted_by(arguments: Sequence[str]) -> list[str]:
    """The packages that the last argument trust= lists."""
    given = [argument for argument in arguments if re.match(rf"\+*{TRUST}=", argument)]
    if not given:
        return []
    value = OverridesParser.create().parse_override(given[-1]).value()
    packages = [str(package) for package in value] if isinstance(value, list) else [str(value)]
    for package in packages:
        if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", package):
            raise InputError(f"{TRUST} must list packages by the names that Python imports, got {package}.")
    return packages


def import_trusted(listed: Sequence[str]) -> None:
    """Import the trusted packages, which register their GANs, classifiers, data sources and loggers.

    Args:
        listed: The value of trust= in the composed settings.

    Raises:
        InputError: A file lists packages, or one can't be found.
    """
    trusted = trusted_packages()
    if list(listed) != trusted:
        raise InputError(f"a file has {TRUST}={list(listed)}, which counts on the command line alone; repeat it there.")
    for package in trusted:
        try:
            import_module(package)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{package}.".startswith(f"{error.name}."):
                raise
            raise InputError(
                f"{TRUST}=[{package}] is not installed; install it (pip install -e FOLDER), or set PYTHONPATH=FOLDER."
            ) from error


def targets_within(settings: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The full key and the value of every `_target_` in a tree of settings, lists included."""
    if isinstance(settings, list | tuple):
        settings = dict(enumerate(settings))
    for name, value in settings.items() if isinstance(settings, Mapping) else ():
        full = f"{key}.{name}" if key else str(name)
        if name == TARGET:
            yield full, str(value)
        else:
            yield from targets_within(value, full)


def _is_allowed(key: str, target: str) -> bool:
    """Whether settings may name a constructor at this key."""
    if OF_EXTERNAL_SET.fullmatch(key):
        key = f"data.{TARGET}"
    group, *_ = parts = key.split(".")
    if group == "quality":
        return FEATURES.fullmatch(target) is not None
    if len(parts) != DEPTHS.get(group, -1) + 2:
        return False
    if group in LIGHTNING and LIGHTNING[group].fullmatch(target):
        return True
    own = next((name for start, name in GROUPS.items() if target.startswith(start)), None)
    if own != group and (group, target) not in REGISTERED:
        return False
    if target not in ARGUMENTS and group in REGISTRIES:
        import_module(REGISTRIES[group])
    return target in ARGUMENTS or (group, target) in REGISTERED
