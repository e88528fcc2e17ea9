"""Trained GANs of one run as those of another that differs in what comes after the training."""

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from leukgan.errors import InputError, command_line
from leukgan.presentation.images import read_image
from leukgan.run_folder.artifacts import SplitArtifacts, comparable, read_provenance
from leukgan.run_folder.files import read_json, read_settings, refuse_pipes, sha256_of
from leukgan.run_folder.paths import TRAINED, SplitFolder

# Settings that change nothing in a trained GAN, or, as trainer, only the machine that trained it.
AFTER = ("name", "trainer", "generation", "classifiers", "classifier", "training_sets", "metrics", "external")


def take_gans(artifacts: SplitArtifacts, source: SplitFolder, names: Sequence[str]) -> None:
    """Copy trained GANs of another run's split, with their metrics and samples, and say in the provenance whose.

    Raises:
        InputError: The other run is missing, was trained with other settings, on other images or another split, or its
            GANs are not whole.
    """
    theirs = read_provenance(source)
    if theirs is None:
        raise InputError(f"gans_from: {source.path} is no split of a study; give the name of a run with trained GANs.")

    before, ours = _trained_by(comparable(read_settings(source.config))), _trained_by(comparable(artifacts.config))
    changed = [key for key in {**before, **ours} if before.get(key) != ours.get(key)]
    if changed:
        raise InputError(
            f"gans_from: the GANs of {source.path} were trained with other settings ({', '.join(changed)}); "
            "give the same, or leave gans_from out to train."
        )
    if read_json(source.split) != read_json(artifacts.folder.split):
        raise InputError(f"gans_from: {source.path} has other images or another split; leave gans_from out to train.")

    chain = theirs["chain"]
    refuse_pipes(source.path)
    for name in names:
        for stage in TRAINED:
            known, path = chain.get(stage, {}).get(name), source.artifact(stage, name)
            if (stage == "gan" or known is not None) and (not path.exists() or sha256_of(path) != known):
                raise InputError(f"gans_from: {path} is missing or was changed; run {command_line('train_gan')} there.")
        for picture in sorted(source.gan(name).path.rglob("*.png")):  # of which the chain knows nothing
            read_image(picture)

    for name in names:
        shutil.copytree(source.gan(name).path, artifacts.folder.gan(name).path, dirs_exist_ok=True)
        for stage in (stage for stage in TRAINED if name in chain.get(stage, {})):
            artifacts.record(stage, name)
    machine = {key: theirs[key] for key in ("device", "precision")}
    artifacts.provenance.update(machine, gans_from=str(source.path))
    artifacts.save()


def _trained_by(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a GAN is trained by, one level deep."""
    settings = {key: value for key, value in config.items() if key not in AFTER}
    settings["augmentation"] = config["augmentation"]["gan"]
    settings["quality"] = {key: config["quality"].get(key) for key in ("track_every", "track_features")}
    return settings
