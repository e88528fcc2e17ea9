"""What a run is to the report: its finished splits, and one tidy frame for each kind of csv file that they hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from leukgan.classification import CLASSIFIERS
from leukgan.data.images import check_classes
from leukgan.data.sources.registry import is_rendered
from leukgan.presentation.formatting import STAMPS, worst_stamp
from leukgan.presentation.tables import STAMP_NOTES
from leukgan.report.splits import Split
from leukgan.statistics.classifier_metrics import Predictions

REAL, GENERATED = "real", "generated"  # test sets of every run; others are external
TESTED = ("scores", "predictions", "controls", "control_predictions")  # frames with a column test_set


@dataclass(frozen=True)
class Run:
    """A run folder.

    Every frame has the columns of the csv files, and `folder`, the name of a row's split, and `protocol`, the split's.
    """

    folder: Path
    splits: tuple[Split, ...]  # the finished splits in order, at least one
    unfinished: tuple[tuple[str, str], ...]  # names and states of the others
    # A row for each split, classifier, training set and test set: n_train, n_test, tp, fn, tn, fp, and each of
    # CLASSIFIER_METRICS as a fraction, NaN where undefined.
    scores: pd.DataFrame
    predictions: pd.DataFrame  # a row for each tested image of these; `probability` is NaN if the classifier gives none
    classifier_loss: pd.DataFrame  # a row for each epoch of each classifier that trains in epochs
    quality: pd.DataFrame  # a row for each class and measure of the generated images
    copying: pd.DataFrame  # a row for each class: whether its GAN copied training images
    copies: pd.DataFrame  # a row for each generated and held-out image: its nearest training image
    cells: pd.DataFrame  # a row for each image: measurements of its cell
    spectra: pd.DataFrame  # a row for each class, kind of images and spatial frequency: their power
    controls: pd.DataFrame  # as scores, without metrics, of the control trainings that the column `control` names
    control_predictions: pd.DataFrame  # as predictions, of these
    shift: pd.DataFrame  # a row for each external test set and measure: how far its images are from the training images
    test_set: str = REAL  # whose rows have the test set `real`: the study's own test part, or an external set; see `on`

    @property
    def external(self) -> list[str]:
        known = (REAL, GENERATED)
        return [name for name in dict.fromkeys(self.scores["test_set"]) if name not in known]

    def on(self, test_set: str) -> "Run":
        """The run with an external set in the place of its own test part, and tested on nothing else."""
        frames = {name: getattr(self, name) for name in TESTED}
        rows = {name: frame[frame["test_set"] == test_set].assign(test_set=REAL) for name, frame in frames.items()}
        return replace(self, test_set=test_set, **rows)

    @property
    def test_images(self) -> str:
        """What classifiers are tested on, in words."""
        return "real test images" if self.test_set == REAL else f"the images of {self.test_set}"

    @property
    def suffix(self) -> str:
        """The end of the names of tables and figures about this test set."""
        return "" if self.test_set == REAL else f"_on_{self.test_set}"

    @property
    def classes(self) -> tuple[str, str]:
        """The negative and the positive class."""
        return check_classes(self.splits[0].provenance["data"]["classes"])

    @property
    def primary(self) -> str:
        """The metric that the answer is about."""
        return self.splits[0].primary

    @property
    def specificity(self) -> float:
        """The specificity at which sensitivity is told."""
        return self.splits[0].specificity

    @property
    def titles(self) -> dict[str, str]:
        """Name of each classifier in tables, in the tables' order: known ones first."""
        titles = dict(self.splits[0].provenance["classifiers"])
        return {name: titles[name] for name in (*CLASSIFIERS, *titles) if name in titles}

    @property
    def leaky(self) -> bool:
        return any(split.leaky for split in self.splits)

    @property
    def stamp(self) -> str:
        """The stamp of what rests on all splits."""
        return worst_stamp(split.protocol for split in self.splits)

    @property
    def stamp_notes(self) -> list[str]:
        return [STAMP_NOTES[stamp] for stamp in self._stamps]

    @property
    def _stamps(self) -> list[str]:
        return [*dict.fromkeys(split.stamp for split in self.splits if split.stamp)]

    @property
    def rendered(self) -> bool:
        """Whether the images were drawn by a program and show no real cell."""
        return is_rendered(self.splits[0].provenance["data"]["source"])

    def groups(self) -> list[tuple[Split, ...]]:
        """The splits that may be averaged, those of one protocol: clean ones first."""
        groups = (tuple(split for split in self.splits if split.protocol == protocol) for protocol in STAMPS)
        return [group for group in groups if group]

    @property
    def pictured(self) -> Split:
        """The split that figures show: the first clean one, or the first."""
        return self.groups()[0][0]

    def by_classifier(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame with the rows of each classifier together, in the order of the tables."""
        order = list(self.titles)
        return frame.sort_values("classifier", key=lambda names: names.map(order.index), kind="stable")

    def positive_first(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame with the rows of the positive class before those of the negative one."""
        return frame.sort_values("class", key=lambda names: names != self.classes[1], kind="stable")

    def stamped(self, title: str) -> str:
        """A title, with the stamp of any split that bears one."""
        return " – ".join([title, *self._stamps])

    @cached_property
    def predictions_by_training(self) -> dict[tuple[str, ...], pd.DataFrame]:
        """Each trained classifier's predictions of a test set, an image a row, indexed by (image, label).

        Keys are (folder, control, classifier, training_set, test_set); control is empty for the study's own trainings.
        """
        tables = [table for table in (self.predictions.assign(control=""), self.control_predictions) if len(table)]
        keys = ["folder", "control", "classifier", "training_set", "test_set"]
        return group_by_training(pd.concat(tables), keys) if tables else {}

    def tested(self, split: Split) -> frozenset[tuple[str, int]]:
        """The real test images of a split by (image, label); empty if no classifier was tested."""
        rows = self.predictions[(self.predictions["folder"] == split.name) & (self.predictions["test_set"] == "real")]
        return frozenset(zip(rows["image"], rows["label"], strict=True))


def select_splits(frame: pd.DataFrame, splits: Sequence[Split]) -> pd.DataFrame:
    """The rows of some splits."""
    return frame[frame["folder"].isin([split.name for split in splits])]


def group_by_training(predictions: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[str, ...], pd.DataFrame]:
    """The predictions of each trained classifier and test set by these keys, indexed by (image, label)."""
    rows = predictions.drop_duplicates([*keys, "image", "label"], keep="last").set_index(["image", "label"])
    groups = rows.groupby(list(keys), sort=False)
    return {tuple(map(str, key)): images for key, images in groups if isinstance(key, tuple)}


def as_predictions(rows: pd.DataFrame) -> Predictions:
    """The predictions of one trained classifier, in the order of their rows."""
    numbers = {name: rows[name].to_numpy(np.float64) for name in ("score", "probability")}
    labels = rows.index.get_level_values("label").to_numpy(np.int64)
    return Predictions(labels, rows["predicted"].to_numpy(np.int64), numbers["score"], numbers["probability"])
