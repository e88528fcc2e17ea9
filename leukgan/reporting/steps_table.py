"""The control of steps: do equal optimiser steps tell the same as equal epochs?"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from leukgan.reporting.comparison_table import interval_words
from leukgan.reporting.comparisons import PAIRS
from leukgan.reporting.controls import COLUMNS
from leukgan.reporting.measured import rows_of
from leukgan.reporting.results import Run, Split
from leukgan.reporting.statistics import TestResult, corrected_resampled_t
from leukgan.reporting.tables import Row, Table, source_label, stamped
from leukgan.reporting.words import LEAKY, count_of, percent, points


def steps_table(run: Run) -> Table:
    """The network trained for equal epochs, and for as many optimiser steps on every set as on the largest."""
    rows: list[Row] = []
    numbers: list[dict[str, object]] = []
    for splits in run.groups():
        table = rows_of(splits, "controls", COLUMNS)
        equal = table[(table["control"] == "equal_steps") & (table["test_set"] == "real")]
        for pair in PAIRS if len(equal) else ():
            for unit, found in (("epochs", _by_epochs(splits)), ("optimiser steps", _by_set(equal))):
                if not set(pair) <= set(found):
                    continue
                with_it, without = (found[name] for name in pair)
                difference = fmean(a - b for a, b in zip(with_it, without, strict=True))
                ratio = fmean(test / train for train, test in (split.real_images for split in splits))
                result = (
                    corrected_resampled_t([a - b for a, b in zip(with_it, without, strict=True)], ratio)
                    if len(with_it) > 1
                    else TestResult(difference, None, None, None)
                )
                cells = [f"{pair[0]} vs {pair[1]}", *([source_label(splits[0].leaky)] if run.leaky else [])]
                cells += [f"equal {unit}", percent(fmean(without)), percent(fmean(with_it)), points(difference)]
                cells += [interval_words(result)] if len(with_it) > 1 else []
                title = run.titles.get("vgg16", "VGG16")
                rows.append(Row(title, "leaky" if splits[0].leaky else "ours", tuple(cells)))
                numbers.append(
                    {"with_generated": pair[0], "without": pair[1], "equal": unit, "splits": len(with_it)}
                    | {"protocol": LEAKY if splits[0].leaky else "clean", "value_without": fmean(without)}
                    | {"value_with": fmean(with_it), "difference": difference, "low": result.low, "high": result.high}
                )
    several = any(len(splits) > 1 for splits in run.groups())
    columns = ["Comparison", *(["Source"] if run.leaky else []), "Trained for", "Accuracy without", "Accuracy with"]
    columns += ["Difference (points)", *(["95% interval"] if several else [])]
    largest = count_of(max((len(splits) for splits in run.groups()), default=1), "split")
    return Table(
        name="equal_steps",
        title=stamped("The network trained for equal epochs, and for equal optimiser steps", run),
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            "In equal epochs a larger training set gets more optimiser steps, and a gain from it may be a gain from "
            "steps. Equal optimiser steps: every set is trained for as many as the largest takes in its epochs. "
            f"Over {largest}; a control, outside the family of tests.",
        )
        if rows
        else ("This run did not train the network with and without generated images.",),
        numbers=pd.DataFrame(numbers),
    )


def _by_epochs(splits: Sequence[Split]) -> dict[str, list[float]]:
    sets = {key[1] for split in splits for key in split.counts if (key[0], key[2]) == ("vgg16", "real")}
    every = {name: [split.counts.get(("vgg16", name, "real")) for split in splits] for name in sets}
    return {name: [c.correct / c.n for c in counts if c is not None] for name, counts in every.items()}


def _by_set(table: pd.DataFrame) -> dict[str, list[float]]:
    accuracies = (table["tp"] + table["tn"]) / table["n_test"]
    return {str(name): values.astype(float).tolist() for name, values in accuracies.groupby(table["training_set"])}
