"""The data sources by name: what builds their images and how a report describes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.utils import instantiate

from leukgan.arguments import allow_target
from leukgan.data.images import CellImages
from leukgan.data.loading import ImageFiles
from leukgan.data.sources.all_idb2 import list_all_idb2
from leukgan.data.sources.bloodmnist import load_bloodmnist
from leukgan.data.sources.folder import list_folder
from leukgan.data.sources.medmnist import load_medmnist
from leukgan.data.sources.smears import render_smears
from leukgan.errors import InputError
from leukgan.run_folder.paths import CACHE

Constructor = Callable[..., CellImages | ImageFiles]


@dataclass(frozen=True)
class Source:
    """A data source.

    Attributes:
        name: Its name in data=, in provenance.json and in the data check.
        constructor: Returns ready images, or files that are still to be decoded; both have a method `load`.
        description: What the data are, as a page prints it.
        rendered: Whether a program draws the images.
    """

    name: str
    constructor: Constructor
    description: str
    rendered: bool = False

    @property
    def target(self) -> str:
        """The constructor's dotted name, for _target_ in a configuration."""
        return f"{self.constructor.__module__}.{self.constructor.__qualname__}"


_SOURCES: dict[str, Source] = {}


def register_source(name: str, constructor: Constructor, description: str, *, rendered: bool = False) -> Source:
    """Make a data source known by its name; a later one of the same name takes its place."""
    _SOURCES[name] = Source(name, constructor, description, rendered)
    allow_target("data", constructor)
    return _SOURCES[name]


def source_by_target(target: str) -> Source:
    """The source whose constructor a configuration names as _target_; an InputError if none is registered."""
    for source in _SOURCES.values():
        if source.target == target:
            return source

    raise InputError(
        "{setting}={value} is no data source",
        setting="data._target_",
        value=target,
        remedy=f"take data={' or data='.join(_SOURCES)}, or register it with register_source",
    )


def load_unchanged(settings: Mapping[str, Any], fingerprint: str, run: Path) -> CellImages:
    """The images that a run was made from, by the settings of its data source.

    Raises:
        InputError: They are not there, or no longer what they were.
    """
    source_by_target(str(settings.get("_target_")))  # refuses what is no registered source
    images: CellImages = instantiate(settings, _convert_="all").load(run.parent / CACHE.name)
    if images.fingerprint() != fingerprint:
        raise InputError(
            f"the images are no longer those that {run} was made from; bring them back, or make another run."
        )
    return images


def describe_source(name: str) -> str:
    """What the data of a source are, in words; its name if no such source is registered."""
    return _SOURCES[name].description if name in _SOURCES else name


def is_rendered(name: str) -> bool:
    """Whether a program draws the images of a source; False if no such source is registered."""
    return name in _SOURCES and _SOURCES[name].rendered


register_source("smears", render_smears, "rendered smears (drawn by a program, no real cells)", rendered=True)
register_source("all_idb2", list_all_idb2, "images in ALL-IDB2's layout")
register_source("bloodmnist", load_bloodmnist, "BloodMNIST")
register_source("medmnist", load_medmnist, "a data set of MedMNIST")
register_source("folder", list_folder, "a folder of images")
