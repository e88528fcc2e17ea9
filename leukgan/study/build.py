"""A study built from its settings, with all that can be wrong found before any work starts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from leukgan.classification import TRAINING_SETS
from leukgan.classification import registry as classifiers
from leukgan.config import KID, TARGET, StudySettings, check_choice
from leukgan.data.augmentation import check_augmentation
from leukgan.data.datamodule import CellData
from leukgan.data.images import CellImages
from leukgan.data.loading import load_grouped
from leukgan.data.sources.registry import source_by_target
from leukgan.errors import InputError, unknown_setting
from leukgan.features import Features, PooledEfficientNet
from leukgan.gans import GAN, images_behind
from leukgan.gans.registry import check_registered
from leukgan.gans.settings import PROJECTED
from leukgan.generation import BY_FEATURES, SELECTIONS, check_selection
from leukgan.presentation.console import status, stderr_console
from leukgan.run_folder.files import check_space
from leukgan.run_folder.paths import CACHE
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
from leukgan.study.external import check_external, load_external
from leukgan.study.instantiate import build_tracking, build_training, check_types, instantiate
from leukgan.study.split_study import SplitStudy
from leukgan.study.study import Study

SHARED = ("weights",)  # settings of all classifiers
FREE_MEBIBYTES = 200  # for everything in a run folder but checkpoints


def build_study(config: StudySettings, *, classifies: bool = True) -> Study:
    """Check all settings and build everything that a study needs.

    A command that does not classify trains no classifiers and downloads no weights for them.

    Raises:
        InputError: A setting is wrong, or the data can't be used.
    """
    check_study(config)
    gan = _build_gan(config)
    (training, extras), tracking = build_training(config), build_tracking(config.logger)

    measures = classifies or config.generation.selection in BY_FEATURES
    with status("reading the images") as show:
        images = load_grouped(
            instantiate("data", config.source),
            repeats=config.split.group_repeats,
            block=config.split.group_blocks,
            cache=config.run(CACHE.name),
            progress=show,
        )
        external = load_external(config, images, show)
    study = Study(
        config=config,
        images=images,
        external=external,
        training=training,
        extras=extras,
        tracking=tracking,
        classifiers={
            name: instantiate(f"classifier.{name}", config.classifier[name], SHARED)
            for name in (config.classifiers if classifies else ())
        },
        features=_build_features(config, "features") if measures else None,
        track_features=_build_features(config, "track_features") if config.quality.track_every and gan else None,
    )

    _check_room(study, gan)
    if gan is not None:
        _check_gan(gan, study)
    per_class = config.generation.per_class
    check_choice("generation.per_class", list(per_class) if isinstance(per_class, dict) else [], study.images.classes)
    _check_splits(study)
    if where := study.tracking.describe():
        stderr_console().print(where)
    return study


def check_study(config: StudySettings) -> None:
    """Raise InputError for names and targets that a study does not know, before anything is built."""
    check_selection(config.generation.selection)
    if config.gan_per == "member" and config.generation.selection not in SELECTIONS:
        raise InputError(
            f"generation.selection={config.generation.selection} picks among the images of one GAN a class, and "
            f"gan.per=member trains several; choose by {', '.join(SELECTIONS)}."
        )
    check_choice(
        "classifiers", config.classifiers, [name for name in classifiers.CLASSIFIERS if name in config.classifier]
    )
    check_choice("training_sets", config.training_sets, TRAINING_SETS)
    check_choice("metrics.primary", [config.metrics.primary], tuple(CLASSIFIER_METRICS))
    check_augmentation("augmentation.gan", config.augmentation.gan)
    check_augmentation("augmentation.classifiers", config.augmentation.classifiers)

    unknown = set(config.classifier).difference(SHARED, classifiers.CLASSIFIERS)
    if unknown:
        raise unknown_setting(f"classifier.{min(unknown)}", (*SHARED, *classifiers.CLASSIFIERS))

    if TARGET not in config.source:
        raise InputError("data must be a data source, as in data=folder, got none.")
    source_by_target(config.source[TARGET])
    check_types("data", config.source)  # before the GAN, whose image_size follows
    check_external(config)


def _build_features(config: StudySettings, name: str) -> Features:
    features: Features = instantiate(f"quality.{name}", getattr(config.quality, name))
    return features


def _build_gan(config: StudySettings) -> GAN | None:
    """An untrained GAN; None if another generator made the images."""
    if config.given:
        return None
    gan: GAN = instantiate("gan", config.gan_constructor | {"seed": 0})
    check_registered(gan)
    gan.configure_optimizers()  # refuses wrong settings
    return gan


def _check_gan(gan: GAN, study: Study) -> None:
    """Refuse a GAN of another batch or image size than the study's, or judged by its own features."""
    study.training.check_batch_size(gan, study.config.batch_size)
    for key, features in (("features", study.features), ("track_features", study.track_features)):
        if gan.settings.critic == PROJECTED and isinstance(features, PooledEfficientNet):
            raise InputError(
                f"gan.critic=projected learns to please EfficientNet-lite0's features, so that quality.{key} must be "
                f"others; take quality.{key}._target_=leukgan.features.PooledVGG16 quality.{key}.weights=imagenet (or "
                "a file of these weights)."
            )
    drawn, size = gan.hparams["image_size"], study.images.images.shape[-1]
    if drawn != size:
        raise InputError(
            f"gan.image_size is {drawn} and the images have {size} pixels; set data.image_size alone, both follow it."
        )


def _check_room(study: Study, gan: GAN | None) -> None:
    """Refuse a disk without room for all splits, with the checkpoints of their GANs."""
    weights = sum(p.numel() * p.element_size() for p in gan.parameters()) / 2**20 if gan else 0
    trainings = len(study.gan_plan.gans()) * len(study.config.split.chosen())
    # Times 8: last and best, with both optimisers.
    check_space(study.folder.path, FREE_MEBIBYTES + 8 * weights * trainings)


def _check_splits(study: Study) -> None:
    """Refuse too few images, too small a batch and a folder of other settings, and trials without an objective."""
    for index in study.config.split.chosen():
        splits = SplitStudy(study, index)
        if study.config.given:
            splits.check_given()
            continue
        split = splits.split
        _check_start(study.config, {"validation": split.validation, "test": split.test, **study.external})
        CellData(study.gan_plan.split_by_kind(split), batch_size=study.config.batch_size)
        held_out = [len(split.validation.of_class(label)) for label in (0, 1)]
        if study.config.trial_of is not None and study.config.objective == KID:
            _check_measured(f"objective={KID}", study.config, held_out)
        if any(getattr(callback, "monitor", None) == KID for callback in study.extras.callbacks):
            _check_measured(f"callbacks= with monitor={KID}", study.config, held_out)


def _check_start(config: StudySettings, held_out: Mapping[str, CellImages]) -> None:
    """Refuse to start from no checkpoint, or from a GAN that has seen what a split or an external set measures on."""
    start = config.gan.get("start_from")
    if start is None:
        return
    try:
        seen = set(images_behind(Path(start)))
    except InputError as error:
        raise InputError(f"gan.start_from={start}: {error}") from error

    for part, images in held_out.items() if config.protocol == "clean" else ():
        if leaked := seen.intersection(images.sha256):
            raise InputError(
                f"gan.start_from={start} was trained on {len(leaked)} images of the {part} part; start from a GAN of "
                "other images, or of the same split."
            )


def _check_measured(what: str, config: StudySettings, held_out: Sequence[int]) -> None:
    """Refuse to need the distance to validation images, of both classes, where none is measured."""
    if config.quality.track_every == 0 or config.protocol != "clean" or min(held_out) < 2:
        raise InputError(
            f"{what} needs quality.track_every above 0, protocol=clean and two validation images of each "
            f"class or more; there are {held_out[0]} and {held_out[1]}: take a larger split.validation_fraction."
        )
