"""The training of one GAN of a split: what it learns from, how it is watched, and the hashes of what it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leukgan.config.checks import parse_time
from leukgan.data.datamodule import CellData
from leukgan.data.split import derive_seed
from leukgan.gans import Job, ValidationKID
from leukgan.metrics.degradation import kid_sees_faults
from leukgan.run_folder.digests import check_digest
from leukgan.run_folder.paths import TRAINED

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
