"""The shortcut control: does the background tell the class without the cell?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean

import pandas as pd
from scipy.stats import binomtest

from leukgan.presentation.formatting import classifier_phrase, interval, join_words, p_value, percent, points
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import Column, Table, stamp_rows
from leukgan.report.comparisons import difference_test, is_multi_reader, result_columns
from leukgan.report.results import Run, Split, select_splits
from leukgan.statistics.intervals import ALPHA, Estimate, wilson_interval
from leukgan.statistics.multiple_testing import holm

VIEWS = {"": "whole image", "cell": "cell alone", "background": "background alone"}  # by control
NUMBERS = (
    *("protocol", "classifier", "title", "control", "splits", "n", "accuracy", "guessing", "difference"),
    *("low", "high", "p", "p_holm", "tells"),
)
COLUMNS = (
    Column("Seen", "control", lambda control: VIEWS.get(control, VIEWS[""])),
    Column("Accuracy", "accuracy", percent),
    Column("Above guessing (points)", "difference", points),
    Column("95% interval", ("low", "high"), interval),
    Column("p (Holm)", "p_holm", p_value),
    Column("Tells the class", "tells", lambda tells: "yes" if tells else "not shown"),
)


@dataclass(frozen=True)
class MaskedEvaluation:
    """Result of a classifier that was trained and tested on one view of the real images.

    Attributes:
        classifier: Its key.
        title: Its name in tables.
        control: Empty for whole images, cell or background.
        splits: Number of splits.
        n: Test images, summed over splits; those of one split if splits share them and no training images.
        accuracy: Mean over splits.
        guessing: Accuracy of always naming the larger class, the mean over splits.
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


def masked_evaluations(run: Run) -> list[MaskedEvaluation]:
    """Every view of every classifier, on the splits of the first protocol; none if no control was made.

    No GAN has a part in it, so leaky splits are as good; they are left out where they would mix with clean ones.
    """
    splits = run.groups()[0]
    controls = select_splits(run.controls, splits)
    if controls.empty:
        return []
    scores = pd.concat([select_splits(run.scores, splits).assign(control=""), controls])
    scores = scores[(scores["training_set"] == "real") & (scores["test_set"] == "real")]

    evaluations: list[MaskedEvaluation] = []
    for control in VIEWS:
        family = []
        for classifier in run.titles:
            rows = scores[(scores["control"] == control) & (scores["classifier"] == classifier)]
            if len(rows):
                family.append(_evaluate(run, splits, rows, control, classifier))
        adjusted = holm([evaluation.result.p for evaluation in family])
        evaluations += [replace(evaluation, p_holm=p) for evaluation, p in zip(family, adjusted, strict=True)]
    return evaluations


def controls_table(run: Run, evaluations: Sequence[MaskedEvaluation]) -> Table:
    """The views of real images beside each other."""
    rows = [
        {**asdict(one), **result_columns(one.result), "tells": one.tells, "control": one.control or "whole"}
        for one in evaluations
    ]
    frame = pd.DataFrame(rows, columns=[*NUMBERS]).assign(protocol=run.groups()[0][0].protocol)
    numbers = stamp_rows(frame)[[*NUMBERS]]
    return Table(
        name="controls",
        title=run.stamped("Shortcut control: classifiers trained and tested on real images, seen in one way only"),
        frame=run.by_classifier(frame),
        columns=COLUMNS,
        notes=tuple(_notes(run, evaluations)),
        numbers=numbers,
    )


def shortcut_warnings(evaluations: Sequence[MaskedEvaluation]) -> list[Statement]:
    """What to say first if the background tells the class."""
    telling = [one for one in evaluations if one.control == "background" and one.tells]
    if not telling:
        return []
    reached = join_words([f"{percent(one.accuracy)}% with {classifier_phrase(one.title)}" for one in telling])
    return [
        Statement(
            "Shortcut",
            f"without its central cell, the background alone tells the class ({reached}; guessing gives "
            f"{percent(telling[0].guessing)}%). Part of every accuracy here may be camera or stain, and not the cell.",
        )
    ]


def _evaluate(
    run: Run, splits: Sequence[Split], scores: pd.DataFrame, control: str, classifier: str
) -> MaskedEvaluation:
    """One classifier on one view; `scores` has one row for each split."""
    positive, negative = scores["tp"] + scores["fn"], scores["tn"] + scores["fp"]
    accuracies = ((scores["tp"] + scores["tn"]) / scores["n_test"]).tolist()
    guesses = (positive.where(positive > negative, negative) / scores["n_test"]).tolist()
    above = [accuracy - guess for accuracy, guess in zip(accuracies, guesses, strict=True)]

    multi_reader = is_multi_reader(run, splits)
    by_image = None
    if multi_reader:
        by_image = [
            run.correct_by_image[name, control, classifier, "real", "real"] - guesses[0] for name in scores["folder"]
        ]
    result = difference_test(run, splits, above, by_image) if len(above) > 1 else None
    if result is None or math.isnan(result.p):  # one split, or the same in every split: one of them tells it
        first = scores.iloc[0]
        result = _test_above_guessing(int(first["tp"] + first["tn"]), int(first["n_test"]), guesses[0])

    return MaskedEvaluation(
        classifier=classifier,
        title=run.titles[classifier],
        control=control,
        splits=len(scores),
        n=int(scores["n_test"].iloc[0] if multi_reader else scores["n_test"].sum()),
        accuracy=fmean(accuracies),
        guessing=fmean(guesses),
        result=result,
    )


def _test_above_guessing(correct: int, n: int, guess: float) -> Estimate:
    """Accuracy above guessing on one test set, by the exact binomial test and Wilson's interval."""
    accuracy, low, high, *_ = wilson_interval(correct, n)
    p = float(binomtest(correct, n, guess, alternative="greater").pvalue)
    return Estimate(accuracy - guess, low - guess, high - guess, p=p)


def _notes(run: Run, evaluations: Sequence[MaskedEvaluation]) -> Iterator[str]:
    masks = run.splits[0].provenance.get("masks")
    if not any(one.control for one in evaluations):
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
