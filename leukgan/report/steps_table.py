"""The control of steps: do equal optimiser steps tell the same as equal epochs?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

import pandas as pd

from leukgan.presentation.formatting import interval, percent, points
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.comparison_table import PAIR
from leukgan.report.comparisons import PAIRS, changes_by_image, difference_test, is_multi_reader, result_columns
from leukgan.report.results import Run, Split, select_splits

CONTROLS = {"epochs": "", "optimiser steps": "equal_steps"}  # what trainings had in equal numbers -> their control
NUMBERS = (
    *("protocol", "with_generated", "without", "equal", "splits", "value_without", "value_with"),
    *("difference", "low", "high"),
)
COLUMNS = (
    PAIR,
    SOURCE,
    Column("Trained for", "equal", "equal {}".format),
    Column("Accuracy without", "value_without", percent),
    Column("Accuracy with", "value_with", percent),
    Column("Difference (points)", "difference", points),
    Column("95% interval", ("low", "high"), interval),
)


def steps_table(run: Run) -> Table:
    """The network trained for equal epochs, and for as many optimiser steps on every set as on the largest."""
    rows = [row for splits in run.groups() for row in _rows(run, splits)]
    frame = stamp_rows(pd.DataFrame(rows, columns=[*NUMBERS, "title"]))
    hidden = set() if run.leaky else {"Source"}
    if not (frame["splits"] > 1).any():
        hidden.add("95% interval")
    return Table(
        name="equal_steps",
        title=run.stamped("The network trained for equal epochs, and for equal optimiser steps"),
        frame=frame,
        columns=tuple(column for column in COLUMNS if column.label not in hidden),
        notes=(
            "In equal epochs a larger training set gets more optimiser steps, and a gain from it may be a gain from "
            "steps. Equal optimiser steps: every set is trained for as many as the largest takes in its epochs. A "
            "control, outside the family of tests.",
        ),
        numbers=frame[[*NUMBERS]],
    )


def _rows(run: Run, splits: Sequence[Split]) -> Iterator[dict[str, Any]]:
    controls = select_splits(run.controls, splits)
    equal_steps = controls[controls["control"] == "equal_steps"]
    if equal_steps.empty:
        return
    scores = pd.concat([select_splits(run.scores, splits).assign(control=""), equal_steps])
    scores = scores[scores["test_set"] == "real"]
    accuracies = (scores["tp"] + scores["tn"]) / scores["n_test"]
    values = accuracies.groupby([scores[name] for name in ("classifier", "control", "training_set")]).agg(list)

    for classifier in (name for name in run.titles if name in set(equal_steps["classifier"])):
        for pair in PAIRS:
            for unit, control in CONTROLS.items():
                with_it, without = (values.get((classifier, control, name)) for name in pair)
                if with_it is None or without is None:
                    continue
                differences = [a - b for a, b in zip(with_it, without, strict=True)]
                by_image = None
                if is_multi_reader(run, splits):
                    by_image = [changes_by_image(run, split, classifier, pair, control=control) for split in splits]
                result = difference_test(run, splits, differences, by_image)
                yield {
                    "protocol": splits[0].protocol,
                    "title": run.titles[classifier],
                    "with_generated": pair[0],
                    "without": pair[1],
                    "equal": unit,
                    "splits": len(splits),
                    "value_without": fmean(without),
                    "value_with": fmean(with_it),
                    **result_columns(result),
                }
