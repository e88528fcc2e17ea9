"""One split of a study, from its parts to its scores: stages that are each done once and tied by hashes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leukgan.classification import classifier_title, evaluate, evaluate_masked
from leukgan.config.checks import parse_time
from leukgan.data.datamodule import CellData
from leukgan.data.external import external_entries
from leukgan.data.images import CellImages, join, png_bytes
from leukgan.data.split import Split, derive_seed
from leukgan.errors import InputError, command_line
from leukgan.gans import Job, ValidationKID, train_in_parallel
from leukgan.generation import read_generated
from leukgan.metrics import masked_parts
from leukgan.metrics.degradation import kid_sees_faults
from leukgan.metrics.shift import measure_shift
from leukgan.run_folder.artifacts import SplitArtifacts
from leukgan.run_folder.digests import check_digest
from leukgan.run_folder.files import json_text, read_json, sweep_parts, write_atomic
from leukgan.run_folder.lock import hold
from leukgan.run_folder.paths import CLASSIFIED, CONDITIONAL, MEASURED, SHIFT, TRAINED, RunFolder
from leukgan.run_folder.tables import read_rows
from leukgan.study.audit import audit
from leukgan.study.class_generation import ClassGeneration
from leukgan.study.given_generation import GivenGeneration, describe_given, describe_test_copies, load_given
from leukgan.study.measurement import measure_generated_images
from leukgan.study.study import Study
from leukgan.study.taken_gans import take_gans
from leukgan.study.training_faults import find_training_faults
from leukgan.tracking.stages import Entry, Stage, TrackedRun, stage_of

REAL_SAMPLES = 8  # real training images of a class kept for the figures


class SplitStudy:
    """One split's folder and the stages that fill it; each does only what the folder lacks.

    Args:
        study: The study.
        index: The split's number, from 0.

    Raises:
        InputError: The folder holds a split made with other settings or from other images.
    """

    def __init__(self, study: Study, index: int) -> None:
        self.study = study
        self.config = study.config
        self.index = index
        self.classes = study.images.classes
        self.folder = study.folder.split(index)
        self.artifacts = self._read_artifacts()

    def _read_artifacts(self) -> SplitArtifacts:
        images, external = self.study.images.fingerprint(), external_entries(self.study.external)
        return SplitArtifacts(self.folder, self.config.saved(), images, external)

    def claim(self) -> None:
        """Keep other processes from this split until this one ends, and know what they have left.

        Raises:
            InputError: Another process works on it.
        """
        if hold(self.folder.path):
            sweep_parts(self.folder.path)
            self.artifacts = self._read_artifacts()

    @cached_property
    def split(self) -> Split:
        """The training, validation and test part.

        Raises:
            InputError: The images can't be split so, or the folder holds another split.
        """
        split = self.study.split(self.index)
        if self.artifacts.begun:
            self.artifacts.restore("split", self.folder.split, json_text(split.as_json()))
        if self.artifacts.begun and read_json(self.folder.split) != split.as_json():
            raise InputError(
                f"{self.folder.path} was made with another split; give another name= or delete the folder."
            )
        return split

    @cached_property
    def conditional(self) -> bool:
        """Whether one GAN learns both classes."""
        return self.study.build_gan(seed=0).classes > 0

    @property
    def drawn_labels(self) -> list[int]:
        """The classes of which images are generated."""
        return [label for label, name in enumerate(self.classes) if self.config.generation.drawn(name)]

    def prepare(self) -> None:
        """Write the split, its settings, where it comes from, and some real images for the figures."""
        self.claim()
        for label, name in enumerate(self.classes):
            pixels = self.split.train.of_class(label).images
            order = np.random.default_rng(derive_seed(self.config.seed, self.index, label)).permutation(len(pixels))
            for position, image in enumerate(pixels[order[:REAL_SAMPLES]]):
                path = self.folder.real(name) / f"{position:02d}.png"
                if not self.artifacts.begun or not path.exists():
                    write_atomic(path, png_bytes(image))
                    self.artifacts.record_real(path)

        if not self.artifacts.begun:
            provenance = self.study.provenance(self.split, self.index)
            if self.config.given:
                provenance |= describe_given(self.config, self.given, self.index)
            self.artifacts.begin(self.split.as_json(), provenance)

    # Training.

    def train_gans(
        self, labels: Sequence[int] | None = None, watch: Callable[[], None] = lambda: None, rounds: int = 1
    ) -> None:
        """Train the GANs of some classes, at once if there are cores for it; what `watch` raises ends the trainings.

        Without labels, of the classes that images are drawn of; none if another generator made the images. The command
        trains as many in `rounds` splits and jobs, this one included, which tells its time left.
        """
        if self.config.given:
            return
        chosen = self.drawn_labels if labels is None else labels
        wanted = {self.gan_name(label): None if self.conditional else label for label in chosen}
        missing = {name: label for name, label in wanted.items() if not self.artifacts.has("gan", name)}
        if not missing:
            return
        if self.config.gans_from is not None:
            take_gans(self.artifacts, RunFolder(self.config.run(self.config.gans_from)).split(self.index), [*missing])
            return

        with self.artifacts.stage("gan"):
            jobs = [self.job(name, label) for name, label in missing.items()]
            train_in_parallel(jobs, progress=watch, rounds=rounds)
            for job in jobs:
                self._record_training(job)

    def _record_training(self, job: Job) -> None:
        """Note the hashes of a trained GAN's files, if they are the ones that the training wrote."""
        folder = self.folder.gan(job.name)
        check_digest(folder.last_checkpoint)
        if job.validation is not None and job.validation.has_power and folder.kid.exists():
            check_digest(folder.best_checkpoint)
        for stage in TRAINED:
            if self.folder.artifact(stage, job.name).exists():
                self.artifacts.record(stage, job.name)

    def training_faults(self) -> list[str]:
        """A sentence for each fault of the GANs' trainings."""
        if self.config.given:
            return []
        trained = {self.gan_name(label): self.folder.gan(self.gan_name(label)) for label in (0, 1)}
        for name in trained:
            for curve in ("metrics", "kid"):
                self.artifacts.check(curve, name)
        return [f"GAN {name}: {fault}" for name, folder in trained.items() for fault in find_training_faults(folder)]

    def gan_name(self, label: int) -> str:
        """Name of the GAN that draws a class, and of its folder."""
        return CONDITIONAL if self.conditional else self.classes[label]

    def job(self, name: str, label: int | None) -> Job:
        """The training of one GAN; no label: it learns both classes."""
        config = self.config
        seed = derive_seed(config.seed, self.index, label or 0)
        gan = self.study.build_gan(seed=seed)
        data = CellData(
            self.split,
            label=label,
            sees_test=config.protocol == "paper",
            gan_augmentation=config.augmentation.gan,
            n_critic=gan.hparams["n_critic"],
            batch_size=config.batch_size,
            generator_steps=config.generator_steps if config.generator_time is None else None,
            steps_per_epoch=config.checkpoint_every,
            seed=seed,
        )

        folder, features = self.folder.gan(name).path, self.study.track_features
        validation = None
        if features is not None and len(data.held_out) > 1:
            validation = ValidationKID(
                folder,
                features,
                data.held_out,
                every=config.quality.track_every,
                has_power=kid_sees_faults(features, data.held_out.images, data.sources.images),
            )

        stage = self._stage("gan", f"gan-{name}")
        seconds = None if config.generator_time is None else parse_time(config.generator_time)
        study = self.study
        return Job(name, gan, data, folder, study.training, study.tracking, stage, validation, seconds, study.extras)

    # Generation.

    @cached_property
    def given(self) -> CellImages:
        """The images of another generator to select from, which generated= names for this split.

        Raises:
            InputError: They are too few, can't be read, or the generator was trained by another split.
        """
        return load_given(self.config, self.split, self.index)

    def check_given(self) -> None:
        """Raise InputError if the given images can't be used, or are not those that the folder was made from."""
        known = self.artifacts.provenance.get("generated", {}).get("fingerprint")
        if known not in (None, self.given.fingerprint()):
            raise InputError(
                f"{self.folder.path} was made from other images than generated={self.config.generated.root} has now; "
                "give another name= or delete the folder."
            )

    def class_images(self, label: int) -> ClassGeneration:
        """What is generated of a class."""
        return GivenGeneration(self, label) if self.config.given else ClassGeneration(self, label)

    def generate(self) -> None:
        """Draw the images of both classes from their GANs, or take the given ones, and keep the selected ones."""
        if self.artifacts.begun:
            self.claim()
        if self.config.gans_from is not None:
            self.prepare()
            self.train_gans()
        if self.config.given:
            self.prepare()
        wanted = [self.class_images(label) for label in self.drawn_labels]
        missing = [images for images in wanted if not self.artifacts.has("generated", images.name)]
        for images in missing:
            images.check()  # refused before the tracker's run starts
        if not missing:
            return

        with self._tracked("generation") as run:
            for images in missing:
                run.log(Entry(pictures={f"generated/{images.name}": images.generate()}))
            folder = self.folder.all_generated
            run.keep("dataset", {str(path.relative_to(folder)): path for path in sorted(folder.glob("*/*.*"))})

    # Evaluation.

    def evaluate(self, progress: Callable[[str], None]) -> None:
        """Measure the generated images, then train the classifiers, if any; given images are taken first."""
        if self.config.given:
            self.generate()
        if self.artifacts.begun:
            self.claim()
        names = (*self.measured, *(CLASSIFIED if self.study.classifiers else ()))
        if self.artifacts.has_tables(names):
            return

        self.generated()  # refuses a broken chain before the tracker's run starts
        with self._tracked("classifiers") as run:
            self.measure(progress)
            if self.study.classifiers:
                self.classify(progress)
            run.log(Entry(tables={name: read_rows(self.folder.table(name)) for name in names}))

    @property
    def measured(self) -> tuple[str, ...]:
        """The tables that measure images."""
        return (*MEASURED, SHIFT) if self.study.external else MEASURED

    def measure(self, progress: Callable[[str], None]) -> None:
        """Measure the generated images against real ones."""
        if self.artifacts.has_tables(self.measured):
            return

        # The first of the pool, which a random selection would have kept: the difference is what selecting adds.
        generated = self.generated()
        unselected = None
        if self.config.generation.selection != "random":
            of_classes = [self.class_images(label) for label in self.drawn_labels]
            pixels = np.concatenate([images.pool()[1][: images.count] for images in of_classes])
            labels = np.repeat(self.drawn_labels, [images.count for images in of_classes])
            unselected = replace(generated, images=pixels, labels=labels)

        with self.artifacts.stage("quality"):
            tables, pairs = measure_generated_images(
                self.split,
                generated,
                unselected,
                given=self.config.given,
                features=self.study.needed_features(),
                seed=derive_seed(self.config.seed, self.index, 2),
                fid=self.config.quality.fid,
                on_progress=progress,
            )
            if self.study.external:
                tables[SHIFT] = measure_shift(
                    self.split.train,
                    self.split.test,
                    self.study.external,
                    features=self.study.needed_features(),
                    seed=derive_seed(self.config.seed, self.index, 2),
                    on_progress=progress,
                )
            for name, pixels in pairs.items():
                write_atomic(self.folder.pairs / name, png_bytes(pixels))
            for table in tables.values():
                for place, (column, value) in enumerate(self.context.items()):
                    table.insert(place, column, value)
            self.artifacts.write_tables(tables)

    def classify(self, progress: Callable[[str], None]) -> None:
        """Train every classifier on every training set; write scores, predictions, losses and controls."""
        if self.artifacts.has_tables(CLASSIFIED):
            return

        classifiers, provenance = self.study.classifiers, self.artifacts.provenance
        data = CellData(self.split, classifier_augmentation=self.config.augmentation.classifiers)
        generated = self.generated()
        provenance["classifiers"] = {name: classifier_title(name, pipeline) for name, pipeline in classifiers.items()}

        with self.artifacts.stage("classification"):
            results = evaluate(
                classifiers,
                self.config.training_sets,
                train=data.train,
                augmented=data.augmented,
                generated=generated,
                test=data.test,
                external=self.study.external,
                context=self.context,
                on_progress=progress,
                specificity=self.config.metrics.specificity,
                numbers=[number for number in self.config.generation.numbers()[:-1] if number],
            )

            masked = masked_parts(self.split.train, self.split.test)
            provenance["masks"] = None if masked is None else masked.description
            controls = [
                (results.controls, results.control_predictions),
                *evaluate_masked(classifiers, masked, self.context, progress),
            ]

            self.artifacts.write_tables(
                {
                    "scores": results.scores,
                    "predictions": results.predictions,
                    "classifier_loss": results.losses,
                    "controls": pd.concat([scores for scores, _ in controls], ignore_index=True),
                    "control_predictions": pd.concat([predicted for _, predicted in controls], ignore_index=True),
                }
            )

    def generated(self) -> CellImages:
        """The generated images, once the chain of hashes behind them is whole and free of leaks.

        Raises:
            InputError: Images are missing, or a link of the chain is broken.
        """
        drawn = [self.classes[label] for label in self.drawn_labels]
        folders = [self.folder.generated(name) for name in drawn]
        for name, folder in zip(drawn, folders, strict=True):
            if not self.artifacts.has("generated", name):
                raise InputError(f"{folder} is not whole; run {command_line('generate')} first.")
        audit(self.folder.path)
        return join([read_generated(folder, classes=self.classes) for folder in folders])

    @property
    def context(self) -> dict[str, Any]:
        """The first columns of every table of the split."""
        return {"split": self.index, "seed": self.config.seed, "protocol": self.config.protocol_of_rows}

    # Tracking.

    def _stage(self, job_type: str, name: str) -> Stage:
        key = f"{self.index:02d}-{name}"
        return stage_of(self.config.name, key, job_type, self.artifacts.config, self.artifacts.provenance)

    def _tracked(self, job_type: str) -> AbstractContextManager[TrackedRun]:
        """The tracker's run of a stage in this process."""
        return self.study.tracking.run(self.folder.path, self._stage(job_type, job_type))


def train_gans(
    study: Study,
    indices: Sequence[int],
    class_name: str | None = None,
    watch: Callable[[], None] = lambda: None,
    rounds: int = 1,
) -> list[str]:
    """Train the GANs of some splits, of one class or of both; gives back a sentence for each fault of a training.

    What `watch` raises ends the trainings. The command does as much for `rounds` jobs one after the other.

    Raises:
        InputError: There is no such class, or a folder holds a split made with other settings.
    """
    classes = study.images.classes
    if class_name not in (None, *classes):
        raise InputError(f"class_name must be {' or '.join(classes)}, got {class_name!r}.")

    faults = []
    labels = [label for label, name in enumerate(classes) if class_name in (None, name)]
    for position, index in enumerate(indices):
        split = SplitStudy(study, index)
        split.prepare()
        split.train_gans(labels, watch, rounds * (len(indices) - position))
        faults += [f"split {index}, {fault}" for fault in split.training_faults()]
    return faults


def refuse_test_copies(study: Study, indices: Sequence[int], result: Path) -> None:
    """Raise InputError if given images of finished splits are copies of test images; `result` shows them."""
    if not study.config.given:
        return
    told = {index: describe_test_copies(study.folder.split(index)) for index in indices}
    found = [f"in split {index} {said}" for index, sentences in told.items() for said in sentences]
    if found:
        raise InputError(
            f"generated={study.config.generated.root} holds copies of test images, so that no score counts: "
            f"{'; '.join(found)}; take them out and give another name=. {result} shows them."
        )
