"""The control trainings: does the background tell the class without the cell, and is a gain one of more steps?"""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from leukgan.classification.evaluation import EQUAL_STEPS
from leukgan.presentation.formatting import classifier_phrase, interval, join_words, p_value, percent, points
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.comparison_table import PAIR
from leukgan.report.comparisons import (
    PAIRS,
    compare_trainings,
    is_multi_reader,
    multi_reader_test,
    predictions_by_split,
    resampled_test,
    result_columns,
)
from leukgan.report.results import Run, select_splits
from leukgan.report.splits import Split
from leukgan.statistics.intervals import ALPHA, Estimate, wilson_interval
from leukgan.statistics.paired_tests import holm

VIEWS = {"whole": "whole image", "cell": "cell alone", "background": "background alone"}  # of the real images
VIEW_NUMBERS = (
    *("protocol", "classifier", "title", "control", "splits", "n", "accuracy", "guessing", "difference"),
    *("low", "high", "p", "p_holm", "tells"),
)
VIEW_COLUMNS = (
    Column("Seen", "control", VIEWS.__getitem__),
    Column("Accuracy", "accuracy", percent),
    Column("Above guessing (points)", "difference", points),
    Column("95% interval", ("low", "high"), interval),
    Column("p (Holm)", "p_holm", p_value),
    Column("Tells the class", "tells", lambda tells: "yes" if tells else "not shown"),
)

DURATIONS = {"epochs": "", "optimiser steps": EQUAL_STEPS}  # what trainings had in equal numbers -> their control
STEP_NUMBERS = (
    *("protocol", "with_generated", "without", "equal", "splits", "value_without", "value_with"),
    *("difference", "low", "high"),
)
STEP_COLUMNS = (
    PAIR,
    SOURCE,
    Column("Trained for", "equal", "equal {}".format),
    Column("Accuracy without", "value_without", percent),
    Column("Accuracy with", "value_with", percent),
    Column("Difference (points)", "difference", points),
    Column("95% interval", ("low", "high"), interval, wanted=lambda frame: bool((frame["splits"] > 1).any())),
)


def masked_evaluations(run: Run) -> pd.DataFrame:
    """A row for each view and classifier, on the splits of the first protocol; none if no control was made.

    No GAN has a part in it, so leaky splits are as good; they are left out where they would mix with clean ones.
    Columns are VIEW_NUMBERS: accuracy and guessing (always naming the larger class) are means over splits, difference
    is accuracy above guessing, and p_holm is corrected over the classifiers of a view.
    """
    splits = run.groups()[0]
    rows = []
    if len(select_splits(run.controls, splits)):
        scores = select_splits(pd.concat([run.scores.assign(control=""), run.controls]), splits)
        scores = scores[(scores["training_set"] == "real") & (scores["test_set"] == "real")]
        for (classifier, title), view in product(run.titles.items(), VIEWS):
            control = "" if view == "whole" else view
            ours = scores[(scores["control"] == control) & (scores["classifier"] == classifier)]
            if len(ours):
                names = {"classifier": classifier, "title": title, "control": view}
                rows.append({**names, **_evaluate(run, splits, ours)})

    frame = pd.DataFrame(rows, columns=[*VIEW_NUMBERS]).assign(protocol=splits[0].protocol)
    frame["p_holm"] = frame.groupby("control")["p"].transform(lambda p: pd.Series(holm(p.tolist()), p.index))
    frame["tells"] = (frame["p_holm"] < ALPHA) & (frame["difference"] > 0)
    return frame


def controls_table(run: Run, evaluations: pd.DataFrame) -> Table:
    """The views of real images beside each other."""
    return Table(
        name="controls",
        title=run.stamped("Shortcut control: classifiers trained and tested on real images, seen in one way only"),
        frame=stamp_rows(evaluations).drop(columns="look"),  # no GAN has a part in it
        columns=VIEW_COLUMNS,
        notes=tuple(_view_notes(run, evaluations)),
    )


def shortcut_warnings(evaluations: pd.DataFrame) -> list[Statement]:
    """The first warning of the page if the background tells the class."""
    telling = evaluations[(evaluations["control"] == "background") & evaluations["tells"]]
    if telling.empty:
        return []
    reached = [
        f"{percent(row['accuracy'])}% with {classifier_phrase(row['title'])}" for row in telling.to_dict("records")
    ]
    text = (
        f"without its central cell, the background alone tells the class ({join_words(reached)}; guessing gives "
        f"{percent(telling['guessing'].iloc[0])}%). Part of every accuracy here may be camera or stain, and not the "
        "cell."
    )
    return [Statement("Shortcut", text)]


def steps_table(run: Run) -> Table:
    """The network trained for equal epochs, and for as many optimiser steps on every set as on the largest."""
    rows = [row for splits in run.groups() for row in _step_rows(run, splits)]
    frame = stamp_rows(pd.DataFrame(rows, columns=[*STEP_NUMBERS, "title"]))
    return Table(
        name="equal_steps",
        title=run.stamped("The network trained for equal epochs, and for equal optimiser steps"),
        frame=frame,
        columns=STEP_COLUMNS,
        notes=(
            "In equal epochs a larger training set gets more optimiser steps, and a gain from it may be a gain from "
            "steps. Equal optimiser steps: every set is trained for as many as the largest takes in its epochs. A "
            "control, outside the family of tests.",
        ),
        written=STEP_NUMBERS,
    )


def _evaluate(run: Run, splits: Sequence[Split], scores: pd.DataFrame) -> dict[str, Any]:
    """One classifier on one view, whose `scores` have one row for each split."""
    first = scores.iloc[0]
    larger_class = (scores["tp"] + scores["fn"]).combine(scores["tn"] + scores["fp"], max)
    accuracies = ((scores["tp"] + scores["tn"]) / scores["n_test"]).tolist()
    guesses = (larger_class / scores["n_test"]).tolist()
    above = [accuracy - guess for accuracy, guess in zip(accuracies, guesses, strict=True)]

    multi_reader, result = is_multi_reader(run, splits), None
    if multi_reader:
        found = predictions_by_split(run, splits, (first["control"], first["classifier"], "real"))
        result = multi_reader_test(splits, np.stack([one.correct for _, (one,) in found]) - guesses[0])
    elif len(above) > 1:
        result = resampled_test(splits, above)
    if result is None or math.isnan(result.p):  # one split, or the same in every split: one of them tells it
        result = _test_above_guessing(int(first["tp"] + first["tn"]), int(first["n_test"]), guesses[0])

    return {
        "splits": len(scores),
        "n": int(first["n_test"] if multi_reader else scores["n_test"].sum()),
        "accuracy": fmean(accuracies),
        "guessing": fmean(guesses),
        **result_columns(result),
    }


def _test_above_guessing(correct: int, n: int, guess: float) -> Estimate:
    """Accuracy above guessing on one test set, by the exact binomial test and Wilson's interval."""
    accuracy, low, high, *_ = wilson_interval(correct, n)
    p = float(binomtest(correct, n, guess, alternative="greater").pvalue)
    return Estimate(accuracy - guess, low - guess, high - guess, p=p)


def _view_notes(run: Run, evaluations: pd.DataFrame) -> Iterator[str]:
    provenance = run.splits[0].provenance
    masks = provenance.get("masks")
    if (evaluations["control"] == "whole").all():
        yield (
            "No control was made: colour shows no central white cell in any training image."
            if masks is None and "masks" in provenance
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


def _step_rows(run: Run, splits: Sequence[Split]) -> Iterator[dict[str, Any]]:
    controls = select_splits(run.controls, splits)
    equal_steps = set(controls.loc[controls["control"] == EQUAL_STEPS, "classifier"])
    for classifier, pair, (unit, control) in product(run.titles, PAIRS, DURATIONS.items()):
        trainings = [(control, classifier, name) for name in pair]
        for row, test in compare_trainings(run, splits, "accuracy", *trainings) if classifier in equal_steps else ():
            yield row | {"equal": unit} | result_columns(test if row["splits"] > 1 else Estimate(test.value))
