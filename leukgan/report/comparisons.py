"""With generated images against without them, on real test images: one test for each classifier and pair of sets.

Of a run `on` an external test set, the real test images are those of that set.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from statistics import fmean, stdev
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from leukgan.errors import InputError
from leukgan.report.results import REAL, Run, as_predictions
from leukgan.report.splits import Split, training_overlap
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS, Predictions, metric_values
from leukgan.statistics.intervals import ALPHA, Estimate, wilson_interval
from leukgan.statistics.metric_intervals import metric_estimate, pseudovalues
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.multiple_testing import holm
from leukgan.statistics.paired_tests import corrected_resampled_t_test, mcnemar_test
from leukgan.statistics.power import minimum_detectable_effect, minimum_detectable_images

PAIRS = (("real+aug+gen", "real+aug"), ("real+gen", "real"))  # training sets with generated images, and without
SECONDARY = "secondary"  # result of a comparison by another metric than the primary one
TESTED_ON = {"accuracy": (0, 1), "recall": (1,), "specificity": (0,)}  # labels whose images a metric is a share of
COLUMNS = (
    *("metric", "protocol", "classifier", "title", "with_generated", "without", "splits", "n", "value_without"),
    *("value_with", "only_without", "only_with", "difference", "spread", "low", "high", "p", "p_holm", "family"),
    *("smallest_detectable", "result", "crossed"),
)

ByImage: TypeAlias = "pd.Series[float]"  # one value for each test image, indexed by (image, label)
Training: TypeAlias = tuple[str, str, str]  # control, empty for the study's own, classifier and training set


def compare(run: Run, metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """A row for every comparison of these metrics that the run allows, clean ones first; NaN where undefined.

    Without metrics, of the primary one, which alone is corrected by Holm and called a gain or a loss; p values of the
    others stand for themselves.

    Values and differences are fractions, means over splits. Columns whose names do not tell all:

    - only_with, only_without: images that only one of the two classifiers got right; for one split.
    - spread: standard deviation of the difference over splits.
    - family: comparisons of the primary metric and the same protocol, for which p_holm is corrected.
    - result: gain, loss or none, by p_holm; secondary for other metrics than the primary.
    - smallest_detectable: the smallest gain that this design could have called one: for shares of one test set the
      least that can pass the corrected test at all, else what the test finds four times of five.
    - crossed: whether the splits have the same test images, as `is_multi_reader` says; n counts these once then.
    """
    rows: list[dict[str, Any]] = []
    for metric, splits in product(metrics or [run.primary], run.groups()):
        tested = [
            compared
            for pair, classifier in product(PAIRS, run.titles)
            for compared in compare_trainings(run, splits, metric, *(("", classifier, name) for name in pair))
        ]

        # Only the primary metric's comparisons are a family, corrected together.
        primary = metric == run.primary
        p_values = holm([test.p for _, test in tested]) if primary else [math.nan] * len(tested)
        family = len(tested) if primary else 1
        rows += [
            {
                **row,
                **result_columns(test),
                "p_holm": p_holm,
                "family": family,
                "smallest_detectable": _smallest_detectable(row, test, ALPHA / family),
                "result": _result(metric, test.value, p_holm) if primary else SECONDARY,
            }
            for (row, test), p_holm in zip(tested, p_values, strict=True)
        ]

    optional = ("only_without", "only_with", "spread", "smallest_detectable")  # None becomes NaN
    return pd.DataFrame(rows, columns=[*COLUMNS]).astype(dict.fromkeys(optional, float))


def _result(metric: str, difference: float, p_holm: float) -> str:
    if not p_holm < ALPHA:  # as for an undefined p
        return "none"
    return "gain" if (difference > 0) != CLASSIFIER_METRICS[metric].lower_is_better else "loss"


def is_multi_reader(run: Run, splits: Sequence[Split]) -> bool:
    """Whether the splits are readers who judge the same cases.

    They have the same test images, and disjoint training sets or an external test set: the corrected resampled t test
    is for test images that change from split to split.
    """
    return (
        len(splits) > 1
        and (run.test_set != REAL or _are_disjoint(splits))
        and len({run.tested(split) for split in splits}) == 1
    )


def common_training_images(splits: Sequence[Split]) -> float:
    """The mean share of its training images that a split has in common with another one."""
    return 0.0 if _are_disjoint(splits) else training_overlap(splits)


def _are_disjoint(splits: Sequence[Split]) -> bool:
    return all(split.provenance["data"].get("own_training_images", False) for split in splits)


def difference_test(
    run: Run, splits: Sequence[Split], differences: Sequence[float], by_image: Sequence[ByImage] | None
) -> Estimate:
    """Test of a mean difference, by how the splits were drawn.

    One split: exact McNemar test. Several: the multi-reader multi-case t test if they have the same test images, as
    `is_multi_reader` says, else the corrected resampled t test.

    Args:
        run: The run.
        splits: Splits of it.
        differences: One for each split.
        by_image: For each split the differences of its test images, whose mean is the split's; None if there are none,
            which only the corrected resampled t test does without. That test rests on the share of test images that
            two splits have in common: it holds for any metric that varies smoothly with the images.
    """
    if len(splits) > 1 and not is_multi_reader(run, splits):
        ratios = [test / train for train, test in (split.real_images for split in splits)]
        return corrected_resampled_t_test(differences, fmean(ratios))
    if by_image is None:
        return Estimate(fmean(differences))
    if len(splits) > 1:
        rows = pd.concat(by_image, axis=1).to_numpy(dtype=float).T
        return multi_reader_t_test(rows, common_training_images(splits))
    (changes,) = by_image
    return mcnemar_test(int((changes == 1).sum()), int((changes == -1).sum()), len(changes))


def result_columns(result: Estimate) -> dict[str, float]:
    """A tested difference as columns of a frame."""
    return {"difference": result.value, "low": result.low, "high": result.high, "p": result.p}


def _changes(run: Run, split: Split, metric: str, trainings: Sequence[Training]) -> ByImage:
    """For each image that a metric is a share of, or each at all, which of two trainings alone was right.

    1 if only the first was, -1 if only the second was, or 0.

    Raises:
        InputError: The two were tested on different images.
    """
    first, second = (run.correct_by_image[split.name, *training, "real"] for training in trainings)
    if set(first.index) != set(second.index):
        (_, classifier, one), (_, _, other) = trainings
        raise InputError(
            f"{split.folder.table('predictions')}: {classifier} trained on {one} and on {other} was tested on "
            "different images; run the split again."
        )
    changes = (first - second).astype(float)
    return changes[changes.index.isin(TESTED_ON.get(metric, (0, 1)), level="label")]


def compare_trainings(
    run: Run, splits: Sequence[Split], metric: str, *trainings: Training
) -> Iterator[tuple[dict[str, Any], Estimate]]:
    """A training with generated images against one without: what is compared, and the test of the mean difference.

    Nothing if no split has both, or if the metric is undefined in one.
    """
    found = predictions_by_split(run, splits, *trainings)
    both = [split for split, _ in found]
    values = [[_value(run, metric, one) for one in tested] for _, tested in found]
    if not found or any(math.isnan(value) for pair in values for value in pair):
        return

    differences = [first - second for first, second in values]
    changes = [_changes(run, split, metric, trainings) for split in both]
    if metric in TESTED_ON:
        test = difference_test(run, both, differences, changes)
    else:
        test = metric_test(run, both, metric, differences, [tested for _, tested in found])

    (_, classifier, with_generated), (_, _, without) = trainings
    crossed = is_multi_reader(run, both)
    countable = len(both) == 1 and metric in TESTED_ON
    row = {
        "metric": metric,
        "protocol": both[0].protocol,
        "classifier": classifier,
        "title": run.titles[classifier],
        "with_generated": with_generated,
        "without": without,
        "splits": len(both),
        "crossed": crossed,
        "n": len(changes[0]) if crossed else sum(map(len, changes)),
        "value_with": fmean(value for value, _ in values),
        "value_without": fmean(value for _, value in values),
        "only_with": (changes[0] == 1).sum() if countable else None,
        "only_without": (changes[0] == -1).sum() if countable else None,
        "spread": stdev(differences) if len(both) > 1 else None,
    }
    yield row, test


def mean_over_splits(
    run: Run, splits: Sequence[Split], metric: str, training: Training
) -> tuple[Estimate, list[Predictions]]:
    """A metric's mean over the splits that have a training, with its interval, and their predictions.

    NaN if there are none or if the metric is undefined in one. One split of a metric that counts images has Wilson's
    interval, others that of the test that compares them.
    """
    found = predictions_by_split(run, splits, training)
    tested = [one for _, (one,) in found]
    values = [_value(run, metric, one) for one in tested]
    if not found or any(map(math.isnan, values)):
        return Estimate(math.nan), tested
    if len(tested) > 1 or metric not in TESTED_ON:
        return metric_test(run, [split for split, _ in found], metric, values, [[one] for one in tested]), tested

    (one,) = tested
    correct = (one.labels == one.predicted)[np.isin(one.labels, TESTED_ON[metric])]
    return wilson_interval(int(correct.sum()), len(correct)), tested


def _value(run: Run, metric: str, predictions: Predictions) -> float:
    return float(metric_values(metric, predictions, specificity=run.specificity)[0])


def metric_test(
    run: Run, splits: Sequence[Split], metric: str, values: Sequence[float], tested: Sequence[Sequence[Predictions]]
) -> Estimate:
    """Test of a metric that is no share of the test images, or of its difference between two classifiers.

    One split: the jackknife's t test. Several: as `difference_test`, with jackknife pseudovalues of the test images.

    Args:
        run: The run.
        splits: Splits of it.
        metric: A name of CLASSIFIER_METRICS.
        values: One for each split.
        tested: For each split one classifier's predictions, or those of two of which the second is subtracted.
    """
    if len(splits) == 1:
        return metric_estimate(metric, *tested[0], specificity=run.specificity)
    if not is_multi_reader(run, splits):
        return difference_test(run, splits, values, None)

    of_images = [[pseudovalues(metric, one, specificity=run.specificity) for one in pair] for pair in tested]
    rows = np.array([first - sum(second) for first, *second in of_images])  # (K, N)
    if not np.isfinite(rows).all():
        return Estimate(fmean(values))
    return multi_reader_t_test(rows, common_training_images(splits))


def predictions_by_split(
    run: Run, splits: Sequence[Split], *trainings: Training
) -> list[tuple[Split, list[Predictions]]]:
    """The splits that have all of these trainings, each with what they made of its real test images."""
    keys = [(split, [(split.name, *training, "real") for training in trainings]) for split in splits]
    tested = run.predictions_by_training
    return [
        (split, [as_predictions(tested[key].sort_index()) for key in of_split])
        for split, of_split in keys
        if all(key in tested for key in of_split)
    ]


def _smallest_detectable(row: dict[str, Any], test: Estimate, alpha: float) -> float | None:
    if row["splits"] > 1 or row["metric"] not in TESTED_ON:
        return None if math.isnan(test.df) else minimum_detectable_effect(test.standard_error, test.df, alpha)
    images = minimum_detectable_images(row["n"], alpha)
    return images / row["n"] if images else None
