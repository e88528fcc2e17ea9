"""The external test sets of a study, built from its config by the rules of its own images."""

import inspect
from dataclasses import replace
from typing import Any

from hydra.utils import get_object

from leukgan.config import TARGET, StudySettings
from leukgan.data.external import check_apart
from leukgan.data.images import CellImages
from leukgan.data.loading import MINMAX, ImageFiles, load_grouped
from leukgan.data.sources.folder import list_folder
from leukgan.data.sources.registry import source_by_target
from leukgan.errors import InputError
from leukgan.presentation.console import Progress, within
from leukgan.run_folder.paths import CACHE
from leukgan.study.instantiate import check_types, instantiate

FOLDER = f"{list_folder.__module__}.{list_folder.__qualname__}"  # where the settings of a set name no source


def check_external(config: StudySettings) -> None:
    """Raise InputError for sources and settings of external test sets that can't be right, before anything is read."""
    for name, settings in config.external.items():
        node = {TARGET: FOLDER} | settings
        source_by_target(str(node[TARGET]))
        check_types(f"data.external.{name}", node)


def load_external(config: StudySettings, images: CellImages, progress: Progress) -> dict[str, CellImages]:
    """The images of each external test set by its name, decoded as the data is.

    Raises:
        InputError: They can't be read, are of other classes or another size, or show what the data shows.
    """
    found = {}
    for number, (name, settings) in enumerate(config.external.items(), start=1):
        show = within(progress, f"external test set {name}, {number} of {len(config.external)}")
        try:
            found[name] = _load(name, settings, config, images, show)
        except InputError as error:
            raise InputError(f"external test set {name}: {error}") from error
    return found


def _load(
    name: str, settings: dict[str, Any], config: StudySettings, images: CellImages, progress: Progress
) -> CellImages:
    node = {TARGET: FOLDER} | settings
    taken = inspect.signature(get_object(node[TARGET])).parameters
    rules = {key: config.source.get(key) for key in ("image_size", "levels", "members")}
    rules["classes"] = list(images.classes)
    source = instantiate(f"data.external.{name}", {key: rules[key] for key in rules if key in taken} | node)

    # The one range of all values is the data's own.
    if isinstance(source, ImageFiles) and source.levels == MINMAX and "levels" not in settings:
        data = instantiate("data", config.source)
        source = replace(source, levels=data.range_of_levels())

    repeats = config.split.group_repeats
    external = load_grouped(source, repeats=repeats, block=None, cache=config.run(CACHE.name), progress=progress)
    if external.images.shape[1:] != images.images.shape[1:]:
        raise InputError(
            f"its images have {external.images.shape[-1]} pixels and those of the data {images.images.shape[-1]}; "
            "leave out its image_size."
        )
    if external.classes != images.classes and "classes" not in settings:
        raise InputError(
            f"its classes are {' and '.join(external.classes)}, those of the data {' and '.join(images.classes)}; name "
            "them alike, or give it classes= of its own, negative first."
        )
    check_apart(external, images, repeats=repeats, cache=config.run(CACHE.name))
    return replace(external, classes=images.classes, parts=())
