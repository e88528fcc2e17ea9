"""How a split gets each trained GAN, by a training or from another run, and the hashes of what that leaves."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from leukgan.config.checks import parse_time
from leukgan.data.datamodule import CellData
from leukgan.data.split import derive_seed
from leukgan.errors import InputError, command_line
from leukgan.gans import Job, ValidationKID
from leukgan.metrics.degradation import kid_sees_faults
from leukgan.presentation.images import read_image
from leukgan.run_folder.artifacts import (
    SplitArtifacts,
    changed_settings,
    comparable,
    read_provenance,
    training_settings,
)
from leukgan.run_folder.digests import check_digest
from leukgan.run_folder.files import read_json, read_settings, refuse_pipes, sha256_of
from leukgan.run_folder.paths import TRAINED, SplitFolder

if TYPE_CHECKING:
    from leukgan.study.split_study import SplitStudy


def training_job(split: SplitStudy, name: str, kind: int | None) -> Job:
    """The training of the GAN in the folder `name` of a begun split.

    It learns a kind of cells, by its number in the split's plan, or all kinds if None.
    """
    study, config = split.study, split.config

    # Batches: the kind's training images, in an order of the split's own.
    seed = derive_seed(config.seed, split.index, kind or 0)
    gan = study.build_gan(seed=seed)
    data = CellData(
        study.gan_plan.split_by_kind(split.split),
        label=kind,
        sees_test=config.protocol == "paper",
        gan_augmentation=config.augmentation.gan,
        n_critic=gan.hparams["n_critic"],
        batch_size=config.batch_size,
        generator_steps=config.generator_steps if config.generator_time is None else None,
        steps_per_epoch=config.checkpoint_every,
        seed=seed,
    )

    # Validation: the distance to held-out images, where there are some.
    folder, features = split.folder.gan(name).path, study.track_features
    validation = None
    if features is not None and len(data.held_out) > 1:
        validation = ValidationKID(
            folder,
            features,
            data.held_out,
            every=config.quality.track_every,
            has_power=kid_sees_faults(features, data.held_out.images, data.sources.images),
        )

    stage = split.stage("gan", f"gan-{name}")
    seconds = None if config.generator_time is None else parse_time(config.generator_time)
    return Job(name, gan, data, folder, study.training, study.tracking, stage, validation, seconds, study.extras)


def record_training(split: SplitStudy, job: Job) -> None:
    """Note the hashes of a trained GAN's files, if they are the ones that the training wrote."""
    folder = split.folder.gan(job.name)
    check_digest(folder.last_checkpoint)
    if job.validation is not None and job.validation.has_power and folder.kid.exists():
        check_digest(folder.best_checkpoint)
    for stage in TRAINED:
        if split.folder.artifact(stage, job.name).exists():
            split.artifacts.record(stage, job.name)


def take_gans(artifacts: SplitArtifacts, source: SplitFolder, names: Sequence[str]) -> None:
    """Copy trained GANs of another run's split, with their metrics and samples, and say in the provenance whose.

    Raises:
        InputError: The other run is missing, was trained with other settings, on other images or another split, or its
            GANs are not whole.
    """
    theirs = read_provenance(source)
    if theirs is None:
        raise InputError(f"gans_from: {source.path} is no split of a study; give the name of a run with trained GANs.")

    before, ours = (training_settings(comparable(one)) for one in (read_settings(source.config), artifacts.config))
    anywhere = {"trainer": None}  # it says on what machine a GAN is trained
    changed = changed_settings(before | anywhere, ours | anywhere)
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
