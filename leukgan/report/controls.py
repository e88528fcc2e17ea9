"""The shortcut control: does the background tell the class without the cell?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import pandas as pd
from scipy.stats import binomtest

from leukgan.presentation.formatting import LEAKY, classifier_phrase, join_words, p_value, percent, points
from leukgan.presentation.tables import Row, Table
from leukgan.report.comparison_table import interval_words
from leukgan.report.measured import rows_of
from leukgan.report.over_splits import ByImage, result_over_splits, right_by_image
from leukgan.report.results import CLASSIFIERS, Key, Run, Split, stamped
from leukgan.statistics.confusion_matrix import ConfusionMatrix
from leukgan.statistics.intervals import ALPHA, Estimate, wilson_interval
from leukgan.statistics.multiple_testing import holm

COLUMNS = ("control", "classifier", "training_set", "test_set", "n_train", "n_test", "tp", "fn", "tn", "fp")
VIEWS = {"": "whole image", "cell": "cell alone", "background": "background alone"}


@dataclass(frozen=True)
class View:
    """What a classifier trained on one view of the real images reaches.

    Attributes:
        classifier: Its key.
        title: What it is called in tables.
        control: Empty for whole images, cell or background.
        splits: Number of splits.
        n: Test images, summed over splits; those of one split where splits share them and no training images.
        accuracy: Mean over splits.
        guessing: What the larger class's share would give, the mean over splits.
        result: Accuracy above guessing, with interval and p.
        p_holm: p after Holm's correction over the classifiers of this view.
    """

    classifier: str
    title: str
    control: str
    splits: int
    n: int
    accuracy: float
    guessing: float
    result: Estimate
    p_holm: float = math.nan

    @property
    def tells(self) -> bool:
        """Whether the view tells the class better than guessing does."""
        return self.p_holm < ALPHA and self.result.value > 0


def views(run: Run) -> list[View]:
    """Every view of every classifier, on the clean splits, or where there is none on the leaky ones; none without any.

    No GAN has a part in it, so that leaky splits are as good; they are left out where they would mix two splits.
    """
    splits = run.groups()[0]
    table = rows_of(splits, "controls", COLUMNS)
    right = right_by_image(splits)
    found: list[View] = []
    for control in VIEWS if len(table) else ():
        family = [
            view
            for classifier in CLASSIFIERS
            if (view := _view(splits, table, right, control, classifier, run.titles.get(classifier, ""))) is not None
        ]
        adjusted = holm([view.result.p for view in family])
        found += [replace(view, p_holm=p) for view, p in zip(family, adjusted, strict=True)]
    return found


def _view(
    splits: Sequence[Split],
    table: pd.DataFrame,
    right: Mapping[Key, Sequence[ByImage]] | None,
    control: str,
    classifier: str,
    title: str,
) -> View | None:
    if control:
        rows = table[(table["control"] == control) & (table["classifier"] == classifier)]
        every = [
            ConfusionMatrix(*(int(row[name]) for name in ("tp", "fn", "tn", "fp"))) for row in rows.to_dict("records")
        ]
    else:
        key = (classifier, "real", "real")
        every = [split.counts[key] for split in splits if key in split.counts]
    if not every:
        return None
    accuracies = [counts.correct / counts.n for counts in every]
    guesses = [max(c.tp + c.fn, c.tn + c.fp) / c.n for c in every]
    above = [accuracy - guess for accuracy, guess in zip(accuracies, guesses, strict=True)]
    by_image: list[ByImage] | None = None
    if right is not None:
        one_each = right[control, classifier, "real"]
        by_image = [{image: hit - guesses[0] for image, hit in hits.items()} for hits in one_each]
    result = result_over_splits(splits, above, by_image) if len(every) > 1 else _one_split(every[0], guesses[0])
    if math.isnan(result.p):  # the same in every split, as where all is right: one of them tells it
        result = _one_split(every[0], guesses[0])
    n = every[0].n if right is not None else sum(counts.n for counts in every)
    return View(classifier, title, control, len(every), n, fmean(accuracies), fmean(guesses), result)


def _one_split(counts: ConfusionMatrix, guess: float) -> Estimate:
    """Accuracy above guessing on one test set, by the exact binomial test and Wilson's interval."""
    accuracy, low, high, *_ = wilson_interval(counts.correct, counts.n)
    p = float(binomtest(counts.correct, counts.n, guess, alternative="greater").pvalue)
    return Estimate(accuracy - guess, low - guess, high - guess, p=p)


def controls_table(run: Run, found: Sequence[View]) -> Table:
    """The views of real images beside each other."""
    return Table(
        name="controls",
        title=stamped("Shortcut control: classifiers trained and tested on real images, seen in one way only", run),
        columns=("Seen", "Accuracy", "Above guessing (points)", "95% interval", "p (Holm)", "Tells the class"),
        rows=tuple(
            Row(
                view.title,
                "ours",
                (
                    VIEWS[view.control],
                    percent(view.accuracy),
                    points(view.result.value),
                    interval_words(view.result),
                    p_value(view.p_holm),
                    "yes" if view.tells else "not shown",
                ),
            )
            for view in sorted(found, key=lambda view: CLASSIFIERS.index(view.classifier))
        ),
        notes=tuple(_notes(run, found)),
        numbers=pd.DataFrame(
            [
                {
                    "protocol": LEAKY if run.groups()[0][0].leaky else "clean",
                    "classifier": v.classifier,
                    "title": v.title,
                    "control": v.control or "whole",
                    "splits": v.splits,
                    "n": v.n,
                }
                | {"accuracy": v.accuracy, "guessing": v.guessing, "difference": v.result.value}
                | {"low": v.result.low, "high": v.result.high, "p": v.result.p, "p_holm": v.p_holm, "tells": v.tells}
                for v in found
            ]
        ),
    )


def shortcut_warnings(found: Sequence[View]) -> list[str]:
    """What to say first where the background tells the class."""
    telling = [view for view in found if view.control == "background" and view.tells]
    if not telling:
        return []
    reached = join_words([f"{percent(view.accuracy)}% with {classifier_phrase(view.title)}" for view in telling])
    return [
        f"Shortcut: without its central cell, the background alone tells the class ({reached}; guessing gives "
        f"{percent(telling[0].guessing)}%). Part of every accuracy here may be camera or stain, and not the cell."
    ]


def _notes(run: Run, found: Sequence[View]) -> Iterator[str]:
    masks = run.splits[0].provenance.get("masks")
    if not any(view.control for view in found):
        yield (
            "No control was made: colour shows no central white cell in any training image."
            if masks is None and "masks" in run.splits[0].provenance
            else "This run made no control."
        )
        return
    yield (
        "Background alone: one central disc of the same size and colour covers the cell in every image. Cell alone: "
        "all but the cell, as its stain shows it, is covered. Guessing: the larger class's share of the test images."
    )
    if masks:
        rest = 1 - math.pi * masks["radius"] ** 2
        yield (
            f"A cell was found in {percent(masks['found'])}% of the training images; the disc covers "
            f"{percent(masks['covered'])}% of these cells wholly and leaves {percent(rest)}% of the image. A "
            "background that is not shown to tell the class may just have too little left to tell it."
        )
    yield (
        "One split, or the same accuracy in all: exact binomial test against guessing and Wilson's interval; several: "
        "tested as the main comparison is. Holm's correction over the classifiers of a view."
    )
