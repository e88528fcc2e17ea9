"""The trained GANs of some run folders, checked to have learned from the same images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from leukgan.data.images import CellImages
from leukgan.errors import InputError, command_line
from leukgan.gans import training_images
from leukgan.gans.registry import find_gan
from leukgan.run_folder.artifacts import read_provenance, training_settings
from leukgan.run_folder.files import read_json, read_rows, read_settings
from leukgan.run_folder.paths import GANFolder, RunFolder

ABSENT = "default"


@dataclass(frozen=True)
class TrainedGAN:
    """A GAN of one run and split, and a class that it draws."""

    run: Path
    split: str  # name of the folder, such as split-00
    class_name: str
    label: int
    folder: GANFolder
    config: dict[str, Any]  # the run's settings
    fingerprint: str  # of the run's images
    parts: dict[str, Any]  # split.json's lists of images

    def metrics(self) -> pd.DataFrame:
        """The metrics logged while it trained."""
        path = self.folder.metrics
        if not path.is_file():
            raise InputError(f"{path} is missing; run {command_line('train_gan')} again in a new folder.")
        return read_rows(path)

    def has_seen(self, images: CellImages) -> bool:
        """Whether it was trained on any of these images."""
        return not set(training_images(self.folder.last_checkpoint)).isdisjoint(images.sha256)


def read_trained(runs: Sequence[Path]) -> list[TrainedGAN]:
    """The trained GANs of all runs, in order of split, class and run.

    Raises:
        InputError: A run is missing or has no trained GAN, or two runs differ in their images or splits.
    """
    gans = [gan for run in runs for gan in _trained_in(run)]
    for gan in gans:
        _check_agreement(gans[0], gan)
        _check_agreement(next(other for other in gans if other.split == gan.split), gan)
    return sorted(gans, key=lambda gan: (gan.split, gan.label))  # sorting keeps the order of runs


def select_parts(images: CellImages, gan: TrainedGAN, *parts: str) -> CellImages:
    """The images of the GAN's class in some parts of its split, found by name and hash."""
    return images.listed(entry for part in parts for entry in gan.parts[part] if entry["label"] == gan.label)


def changed_settings(gan: TrainedGAN, first: TrainedGAN) -> str:
    """The settings of a GAN's training that differ from another's: gan=DCGAN; batch_size=8."""
    same = {"data": None}  # both are of the same images
    ours, theirs = (_flatten(training_settings(_without_defaults(one.config)) | same) for one in (gan, first))
    return "; ".join(_differences(ours, theirs))


def _without_defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config without the settings of its GAN that are the GAN's own defaults, which a config names too."""
    gan = find_gan(str(config["gan"]["_target_"]).rpartition(".")[2])
    defaults = {field.name: field.default for field in fields(gan.Settings)} if gan is not None else {}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in defaults.items()}
    changed = {name: value for name, value in config["gan"].items() if name not in plain or plain[name] != value}
    return {**config, "gan": {"_target_": config["gan"]["_target_"], **changed}}


def _trained_in(run: Path) -> Iterator[TrainedGAN]:
    if not run.is_dir():
        raise InputError(f"there is no run folder {run}; train a GAN with {command_line('train_gan')} name={run.name}.")

    trained = False
    for split in RunFolder(run).splits():
        provenance, parts = read_provenance(split), read_json(split.split)
        if provenance is None or parts is None:
            continue

        config = read_settings(split.config)
        classes, fingerprint = provenance["data"]["classes"], provenance["data"]["fingerprint"]
        if config.get("gan", {}).get("per") == "member":
            raise InputError(f"{run} has GANs of members (gan.per=member), and only GANs of classes can be compared.")
        for folder in split.gans():
            name = folder.path.name
            for drawn in [name] if name in classes else classes:  # a class-conditional GAN's folder names no class
                label = classes.index(drawn)
                yield TrainedGAN(run, split.path.name, drawn, label, folder, config, fingerprint, parts)
                trained = True

    if not trained:
        raise InputError(f"{run} has no trained GAN; train one with {command_line('train_gan')} name={run.name}.")


def _check_agreement(first: TrainedGAN, gan: TrainedGAN) -> None:
    """Refuse GANs of other images, or of another split of the same number."""
    same_images = first.fingerprint == gan.fingerprint
    if same_images and (first.split != gan.split or first.parts == gan.parts):
        return

    ours, theirs = (_flatten({key: one.config[key] for key in ("data", "seed", "split")}) for one in (gan, first))
    settings = ", ".join(_differences(ours, theirs)) or "with the same settings"
    what = "the same split" if same_images else "the same images"
    raise InputError(
        f"{gan.run} was not trained on {what} as {first.run} ({settings}); "
        "only GANs of the same images and splits can be compared."
    )


def _differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Our settings where they differ from theirs, as name=value."""
    names = [name for name in {**theirs, **ours} if ours.get(name) != theirs.get(name)]
    return [f"{name}={ours.get(name, ABSENT)}" for name in names]


def _flatten(tree: object, prefix: str = "") -> dict[str, str]:
    """The leaves of a tree of settings as text, by dotted name; a GAN's class is `gan`, without its module."""
    if not isinstance(tree, dict):
        text = str(tree).replace("'", "").replace(", ", ",")
        return {"gan": text.rpartition(".")[2]} if prefix == "gan._target_" else {prefix: text}

    leaves: dict[str, str] = {}
    for key, value in tree.items():
        leaves |= _flatten(value, f"{prefix}.{key}" if prefix else str(key))
    return leaves
