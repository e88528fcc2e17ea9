"""One split of a study, from its parts to its scores: stages that are each done once and tied by hashes."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from leukgan.classification import classifier_title, evaluate, evaluate_masked
from leukgan.data.datamodule import CellData
from leukgan.data.external import external_entries
from leukgan.data.images import CellImages, join, png_bytes
from leukgan.data.split import Split, derive_seed
from leukgan.errors import InputError, command_line
from leukgan.gans import train_in_parallel
from leukgan.generation import read_generated
from leukgan.metrics import masked_parts
from leukgan.metrics.shift import measure_shift
from leukgan.presentation.console import Progress, silent, within
from leukgan.run_folder.artifacts import SplitArtifacts
from leukgan.run_folder.files import json_text, read_json, read_rows, sweep_parts, write_atomic
from leukgan.run_folder.lock import hold
from leukgan.run_folder.paths import CLASSIFIED, MEASURED, SHIFT, RunFolder
from leukgan.study.audit import audit
from leukgan.study.class_generation import ClassGeneration
from leukgan.study.gan_plan import GANPlan
from leukgan.study.given_generation import GivenGeneration, describe_given, load_given
from leukgan.study.measurement import measure_generated_images
from leukgan.study.study import Study
from leukgan.study.trained_gans import record_training, take_gans, training_job
from leukgan.study.training_faults import find_training_faults
from leukgan.tracking.stages import Entry, Stage, TrackedRun, stage_of

REAL_SAMPLES = 8  # real training images of a class kept for the figures
QUALITY, CLASSIFIERS, CONTROLS = "quality", "classifiers", "controls"  # stages of the evaluation


class SplitStudy:
    """One split's folder and the stages that fill it; each does only what the folder lacks.

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

    @property
    def gan_plan(self) -> GANPlan:
        return self.study.gan_plan

    @property
    def drawn_labels(self) -> list[int]:
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
        wanted = self.gan_plan.gans(self.drawn_labels if labels is None else labels)
        missing = {name: kind for name, kind in wanted.items() if not self.artifacts.has("gan", name)}
        if not missing:
            return
        if self.config.gans_from is not None:
            take_gans(self.artifacts, RunFolder(self.config.run(self.config.gans_from)).split(self.index), [*missing])
            return

        with self.artifacts.stage("gan"):
            jobs = [training_job(self, name, kind) for name, kind in missing.items()]
            train_in_parallel(jobs, progress=watch, rounds=rounds)
            for job in jobs:
                record_training(self, job)

    def training_faults(self) -> list[str]:
        if self.config.given:
            return []
        trained = self.gan_plan.gans()
        for name in trained:
            for curve in ("metrics", "kid"):
                self.artifacts.check(curve, name)
        return [f"GAN {name}: {fault}" for name in trained for fault in find_training_faults(self.folder.gan(name))]

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

    def generate(self, progress: Progress = silent) -> None:
        """Draw the images of both classes from their GANs, or take the given ones, and keep the selected ones."""
        if self.config.given or self.config.gans_from is not None:
            self.prepare()
            self.train_gans()
        elif self.artifacts.begun:
            self.claim()
        wanted = [self.class_images(label) for label in self.drawn_labels]
        missing = [images for images in wanted if not self.artifacts.has("generated", images.name)]
        for images in missing:
            images.check()  # refused before the tracker's run starts
        if not missing:
            return

        with self._tracked("generation") as run:
            for number, images in enumerate(missing, start=1):
                show = within(progress, f"{images.name}, class {number} of {len(missing)}")
                run.log(Entry(pictures={f"generated/{images.name}": images.generate(show)}))
            folder = self.folder.all_generated
            run.keep("dataset", {str(path.relative_to(folder)): path for path in sorted(folder.glob("*/*.*"))})

    # Evaluation.

    def evaluate(self, progress: Progress) -> None:
        """Measure the generated images, then train the classifiers, if any; given images are taken first."""
        if self.config.given:
            self.generate(progress)
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
        return (*MEASURED, SHIFT) if self.study.external else MEASURED

    def _stage(self, progress: Progress, name: str) -> Progress:
        """The progress of a stage of the evaluation, which names it and its place among all stages."""
        external, trained = self.study.external, self.study.classifiers
        stages = [QUALITY, *([SHIFT] if external else []), *([CLASSIFIERS, CONTROLS] if trained else [])]
        return within(progress, f"stage {stages.index(name) + 1} of {len(stages)}, {name}")

    def measure(self, progress: Progress) -> None:
        """Measure the generated images against real ones."""
        if self.artifacts.has_tables(self.measured):
            return
        show = self._stage(progress, QUALITY)

        # The first of the pool, which a random selection would have kept: the difference is what selecting adds.
        generated = self.generated()
        unselected = None
        if self.config.generation.selection != "random":
            of_classes = [self.class_images(label).unselected(show) for label in self.drawn_labels]
            labels = np.repeat(self.drawn_labels, [len(pixels) for pixels in of_classes])
            unselected = replace(generated, images=np.concatenate(of_classes), labels=labels)

        with self.artifacts.stage("quality"):
            tables, pairs = measure_generated_images(
                self.split,
                generated,
                unselected,
                given=self.config.given,
                features=self.study.needed_features(),
                seed=derive_seed(self.config.seed, self.index, 2),
                fid=self.config.quality.fid,
                on_progress=show,
            )
            if self.study.external:
                tables[SHIFT] = measure_shift(
                    self.split.train,
                    self.split.test,
                    self.study.external,
                    features=self.study.needed_features(),
                    seed=derive_seed(self.config.seed, self.index, 2),
                    on_progress=self._stage(progress, SHIFT),
                )
            for name, pixels in pairs.items():
                write_atomic(self.folder.pairs / name, png_bytes(pixels))
            for table in tables.values():
                for place, (column, value) in enumerate(self.context.items()):
                    table.insert(place, column, value)
            self.artifacts.write_tables(tables)

    def classify(self, progress: Progress) -> None:
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
                on_progress=self._stage(progress, CLASSIFIERS),
                specificity=self.config.metrics.specificity,
                numbers=[number for number in self.config.generation.numbers()[:-1] if number],
            )

            show = self._stage(progress, CONTROLS)
            show("looking for cells")
            masked = masked_parts(self.split.train, self.split.test)
            provenance["masks"] = None if masked is None else masked.description
            controls = [
                (results.controls, results.control_predictions),
                *evaluate_masked(classifiers, masked, self.context, show),
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

    def stage(self, job_type: str, name: str) -> Stage:
        """What the tracker knows of a stage's run."""
        key = f"{self.index:02d}-{name}"
        return stage_of(self.config.name, key, job_type, self.artifacts.config, self.artifacts.provenance)

    def _tracked(self, job_type: str) -> AbstractContextManager[TrackedRun]:
        return self.study.tracking.run(self.folder.path, self.stage(job_type, job_type))


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
