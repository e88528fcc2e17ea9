"""The control of steps: do equal optimiser steps tell the same as equal epochs?"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from leukgan.presentation.formatting import LEAKY, percent, points
from leukgan.presentation.tables import Row, Table, source_label
from leukgan.report.comparison_table import interval_words
from leukgan.report.comparisons import PAIRS
from leukgan.report.controls import COLUMNS
from leukgan.report.measured import rows_of
from leukgan.report.over_splits import result_over_splits, right_by_image
from leukgan.report.results import Run, Split, stamped
from leukgan.statistics.intervals import Estimate

CONTROLS = {"epochs": "", "optimiser steps": "equal_steps"}  # the control that trained for equal ones


def steps_table(run: Run) -> Table:
    """The network trained for equal epochs, and for as many optimiser steps on every set as on the largest."""
    found = [
        (splits, pair, unit, accuracies)
        for splits in run.groups()
        for pair in PAIRS
        for unit, accuracies in _trainings(splits).items()
        if set(pair) <= set(accuracies)
    ]
    several = any(len(splits) > 1 for splits, *_ in found)
    columns = ["Comparison", *(["Source"] if run.leaky else []), "Trained for", "Accuracy without", "Accuracy with"]
    columns += ["Difference (points)", *(["95% interval"] if several else [])]
    rows: list[Row] = []
    numbers: list[dict[str, object]] = []
    for splits, pair, unit, accuracies in found:
        with_it, without = (accuracies[name] for name in pair)
        result = _difference(splits, CONTROLS[unit], pair, with_it, without)
        leaky = splits[0].leaky
        cells = [f"{pair[0]} vs {pair[1]}", *([source_label(leaky)] if run.leaky else []), f"equal {unit}"]
        cells += [percent(fmean(without)), percent(fmean(with_it)), points(result.value)]
        cells += [interval_words(result)] if several else []
        rows.append(Row(run.titles.get("vgg16", "VGG16"), "leaky" if leaky else "ours", tuple(cells)))
        row: dict[str, object] = {"protocol": LEAKY if leaky else "clean", "with_generated": pair[0]}
        row |= {"without": pair[1], "equal": unit, "splits": len(splits)}
        row |= {"value_without": fmean(without), "value_with": fmean(with_it)}
        row |= {"difference": result.value, "low": result.low, "high": result.high}
        numbers.append(row)
    return Table(
        name="equal_steps",
        title=stamped("The network trained for equal epochs, and for equal optimiser steps", run),
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            "In equal epochs a larger training set gets more optimiser steps, and a gain from it may be a gain from "
            "steps. Equal optimiser steps: every set is trained for as many as the largest takes in its epochs. A "
            "control, outside the family of tests.",
        ),
        numbers=pd.DataFrame(numbers),
    )


def _trainings(splits: Sequence[Split]) -> dict[str, dict[str, list[float]]]:
    """Accuracies on real test images, one a split, by unit and training set; empty without the control."""
    table = rows_of(splits, "controls", COLUMNS)
    equal = table[(table["control"] == "equal_steps") & (table["test_set"] == "real")]
    if not len(equal):
        return {}
    by_set = ((equal["tp"] + equal["tn"]) / equal["n_test"]).astype(float).groupby(equal["training_set"])
    epochs: dict[str, list[float]] = {}
    for split in splits:
        for (classifier, training_set, test_set), counts in split.counts.items():
            if (classifier, test_set) == ("vgg16", "real"):
                epochs.setdefault(training_set, []).append(counts.correct / counts.n)
    return {"epochs": epochs, "optimiser steps": {str(name): values.tolist() for name, values in by_set}}


def _difference(
    splits: Sequence[Split], control: str, pair: tuple[str, str], with_it: Sequence[float], without: Sequence[float]
) -> Estimate:
    differences = [a - b for a, b in zip(with_it, without, strict=True)]
    if len(differences) == 1:
        return Estimate(differences[0])
    right = right_by_image(splits)
    by_image = None
    if right is not None:
        both = zip(*(right[control, "vgg16", name] for name in pair), strict=True)
        by_image = [{image: a[image] - b[image] for image in a} for a, b in both]
    return result_over_splits(splits, differences, by_image)
