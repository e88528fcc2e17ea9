"""What the leak was worth: the same classifiers on the same test images, by GANs that had and had not seen them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

import pandas as pd

from leukgan.presentation.formatting import p_value, percent, points, quantity
from leukgan.presentation.tables import Row, Table
from leukgan.report.comparison_table import interval_words
from leukgan.report.over_splits import result_over_splits
from leukgan.report.results import CLASSIFIERS, Key, Run, Split
from leukgan.statistics.intervals import Estimate
from leukgan.statistics.multiple_testing import holm
from leukgan.statistics.paired_tests import mcnemar_test

SETS = ("real+gen", "real+aug+gen")
Pair = tuple[Split, Split]  # a clean and a leaky split with the same test images


def leak_table(run: Run) -> Table | None:
    """Accuracy of each classifier and training set with generated images, clean and leaky; None without both."""
    pairs = list(same_test_images(run))
    keys: list[Key] = [(classifier, name, "real") for name in SETS for classifier in CLASSIFIERS]
    keys = [key for key in keys if pairs and all(key in split.counts for pair in pairs for split in pair)]
    if not keys:
        return None
    results = [_compare(pairs, key) for key in keys]
    adjusted = holm([result.p for _, _, result in results])
    rows, numbers = [], []
    for key, (clean, leaky, result), p in zip(keys, results, adjusted, strict=True):
        cells = (key[1], percent(clean), percent(leaky), points(result.value), interval_words(result), p_value(p))
        rows.append(Row(run.titles[key[0]], "leaky", cells))
        numbers.append(
            {"classifier": key[0], "training_set": key[1], "splits": len(pairs), "clean": clean, "leaky": leaky}
            | {"difference": result.value, "low": result.low, "high": result.high, "p": result.p, "p_holm": p}
        )
    return Table(
        name="leak",
        title="What the leak was worth: accuracy by GANs that had seen the test images against GANs that had not",
        columns=(
            "Training set",
            "Accuracy, clean",
            "Accuracy, LEAKY",
            "Difference (points)",
            "95% interval",
            "p (Holm)",
        ),
        rows=tuple(sorted(rows, key=lambda row: list(run.titles.values()).index(row.group))),
        notes=(
            f"On the same test images, in {quantity(len(pairs), 'pair')} of splits. A difference above zero is no "
            "gain: it is what seeing the test images adds to the score. Tests as for the main comparison.",
        ),
        numbers=pd.DataFrame(numbers),
    )


def same_test_images(run: Run) -> Iterator[Pair]:
    """The clean and leaky splits that were tested on the same images, each in one pair."""
    leaky = [split for split in run.splits if split.leaky]
    for clean in (split for split in run.splits if not split.leaky and split.tested):
        twin = next((split for split in leaky if split.tested == clean.tested), None)
        if twin is not None:
            leaky = [split for split in leaky if split is not twin]
            yield clean, twin


def _compare(pairs: Sequence[Pair], key: Key) -> tuple[float, float, Estimate]:
    accuracies = [tuple(split.counts[key].correct / split.counts[key].n for split in pair) for pair in pairs]
    differences = [leaky - clean for clean, leaky in accuracies]
    by_image = [{i: right - clean.correct[key][i] for i, right in leaky.correct[key].items()} for clean, leaky in pairs]
    if len(pairs) > 1:
        result = result_over_splits([clean for clean, _ in pairs], differences, by_image)
    else:
        changes = list(by_image[0].values())
        result = mcnemar_test(changes.count(1), changes.count(-1), len(changes))
    return fmean(clean for clean, _ in accuracies), fmean(leaky for _, leaky in accuracies), result
