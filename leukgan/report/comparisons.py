"""With generated images against without them, on real test images: one test for each classifier and pair of sets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from statistics import fmean, stdev
from typing import Any, TypeAlias

import pandas as pd

from leukgan.errors import InputError
from leukgan.report.results import Run, Split
from leukgan.statistics.intervals import ALPHA, Estimate
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.multiple_testing import holm
from leukgan.statistics.paired_tests import corrected_resampled_t_test, mcnemar_test
from leukgan.statistics.power import minimum_detectable_effect, minimum_detectable_images

PAIRS = (("real+aug+gen", "real+aug"), ("real+gen", "real"))  # training sets with generated images, and without
TESTED_ON = {"accuracy": (0, 1), "recall": (1,), "specificity": (0,)}  # labels whose images a metric is a share of
COLUMNS = (
    *("metric", "protocol", "classifier", "title", "with_generated", "without", "splits", "n", "value_without"),
    *("value_with", "only_without", "only_with", "difference", "spread", "low", "high", "p", "p_holm", "family"),
    *("smallest_detectable", "result", "crossed"),
)

ByImage: TypeAlias = "pd.Series[float]"  # one value for each test image, indexed by (image, label)


def compare(run: Run, metrics: Sequence[str] = ("accuracy",)) -> pd.DataFrame:
    """A row for every comparison of these metrics that the run allows, clean ones first; NaN where undefined.

    Values and differences are fractions, means over splits. Columns whose names do not tell all:

    - only_with, only_without: images that only one of the two classifiers got right; for one split.
    - spread: standard deviation of the difference over splits.
    - family: comparisons of the same metric and protocol, for which p_holm is corrected.
    - result: gain, loss or none, by p_holm.
    - smallest_detectable: the smallest gain that this design could have called one: for one split the least that can
      pass the corrected test at all, for several what it finds four times of five.
    - crossed: whether the splits have disjoint training sets and the same test images; n counts these once then.
    """
    rows: list[dict[str, Any]] = []
    for metric, splits in product(metrics, run.groups()):
        pairs = product(PAIRS, run.titles)
        family = [row for pair, classifier in pairs for row in _compare(run, splits, metric, classifier, pair)]
        p_values = holm([test.p for _, test in family])
        for (row, test), p_holm in zip(family, p_values, strict=True):
            found = p_holm < ALPHA  # not if p is undefined
            rows.append(
                {
                    **row,
                    **result_columns(test),
                    "p_holm": p_holm,
                    "family": len(family),
                    "smallest_detectable": _smallest_detectable(row, test, ALPHA / len(family)),
                    "result": ("gain" if test.value > 0 else "loss") if found else "none",
                }
            )
    optional = ("only_without", "only_with", "spread", "smallest_detectable")  # None becomes NaN
    return pd.DataFrame(rows, columns=[*COLUMNS]).astype(dict.fromkeys(optional, float))


def is_multi_reader(run: Run, splits: Sequence[Split]) -> bool:
    """Whether the splits have disjoint training sets and the same test images: readers who judge the same cases."""
    return (
        len(splits) > 1
        and all(split.provenance["data"].get("own_training_images", False) for split in splits)
        and len({run.tested(split) for split in splits}) == 1
    )


def difference_test(
    run: Run, splits: Sequence[Split], differences: Sequence[float], by_image: Sequence[ByImage] | None
) -> Estimate:
    """Test of a mean difference, by how the splits were drawn.

    One split: exact McNemar test. Several: the multi-reader multi-case t test if they have disjoint training sets and
    the same test images, else the corrected resampled t test.

    Args:
        run: The run.
        splits: Splits of it.
        differences: One for each split.
        by_image: For each split the differences of its test images, whose mean is the split's; None for metrics that
            are no share of images, which only the corrected resampled t test can test.
    """
    if len(splits) > 1 and not is_multi_reader(run, splits):
        ratios = [test / train for train, test in (split.real_images for split in splits)]
        return corrected_resampled_t_test(differences, fmean(ratios))
    if by_image is None:
        return Estimate(fmean(differences))
    if len(splits) > 1:
        return multi_reader_t_test(pd.concat(by_image, axis=1).to_numpy(dtype=float).T)
    (changes,) = by_image
    return mcnemar_test(int((changes == 1).sum()), int((changes == -1).sum()), len(changes))


def result_columns(result: Estimate) -> dict[str, float]:
    """A tested difference as columns of a frame."""
    return {"difference": result.value, "low": result.low, "high": result.high, "p": result.p}


def changes_by_image(
    run: Run, split: Split, classifier: str, training_sets: Sequence[str], *, control: str = ""
) -> ByImage:
    """For each real test image 1 if only the first training set made a correct classifier, -1 if only the second, or 0.

    Raises:
        InputError: The two were tested on different images.
    """
    first, second = (run.correct_by_image[split.name, control, classifier, name, "real"] for name in training_sets)
    if set(first.index) != set(second.index):
        raise InputError(
            f"{split.folder.table('predictions')}: {classifier} trained on {training_sets[0]} and on "
            f"{training_sets[1]} was tested on different images; run the split again."
        )
    return (first - second).astype(float)


def _compare(
    run: Run, splits: Sequence[Split], metric: str, classifier: str, pair: tuple[str, str]
) -> Iterator[tuple[dict[str, Any], Estimate]]:
    """What is compared, and its test; nothing if no split has scores of both sets or the metric is undefined in one."""
    scores = run.scores[(run.scores["classifier"] == classifier) & (run.scores["test_set"] == "real")]
    values = [scores[scores["training_set"] == name].set_index("folder")[metric] for name in pair]
    both = [split for split in splits if all(split.name in one for one in values)]
    with_it, without_it = ([float(one[split.name]) for split in both] for one in values)
    if not both or any(map(math.isnan, with_it + without_it)):
        return

    # The same by test image, of the classes that the metric is a share of.
    differences = [a - b for a, b in zip(with_it, without_it, strict=True)]
    changes = [changes_by_image(run, split, classifier, pair) for split in both]
    changes = [one[one.index.isin(TESTED_ON.get(metric, (0, 1)), level="label")] for one in changes]
    test = difference_test(run, both, differences, changes if metric in TESTED_ON else None)

    crossed = is_multi_reader(run, both)
    countable = len(both) == 1 and metric in TESTED_ON
    row = {
        "metric": metric,
        "protocol": both[0].protocol,
        "classifier": classifier,
        "title": run.titles[classifier],
        "with_generated": pair[0],
        "without": pair[1],
        "splits": len(both),
        "crossed": crossed,
        "n": len(changes[0]) if crossed else sum(map(len, changes)),
        "value_with": fmean(with_it),
        "value_without": fmean(without_it),
        "only_with": (changes[0] == 1).sum() if countable else None,
        "only_without": (changes[0] == -1).sum() if countable else None,
        "spread": stdev(differences) if len(both) > 1 else None,
    }
    yield row, test


def _smallest_detectable(row: dict[str, Any], test: Estimate, alpha: float) -> float | None:
    if row["splits"] > 1:
        return None if math.isnan(test.df) else minimum_detectable_effect(test.standard_error, test.df, alpha)
    images = minimum_detectable_images(row["n"], alpha) if row["metric"] in TESTED_ON else None
    return images / row["n"] if images else None
