"""With generated images against without them, on real test images: one test for each classifier and pair of sets.

Of a run `on` an external test set, the real test images are those of that set.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pandas as pd

from leukgan.errors import InputError
from leukgan.report.results import REAL, Run, as_predictions
from leukgan.report.splits import Split, have_own_training_images, training_overlap
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS, Numbers, Predictions, metric_values
from leukgan.statistics.intervals import ALPHA, Estimate, wilson_interval
from leukgan.statistics.metric_intervals import metric_estimate, pseudovalues
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.paired_tests import corrected_resampled_t_test, holm, mcnemar_test
from leukgan.statistics.power import minimum_detectable_effect, minimum_detectable_images

PAIRS = (("real+aug+gen", "real+aug"), ("real+gen", "real"))  # training sets with generated images, and without
SECONDARY = "secondary"  # result of a comparison by another metric than the primary one
TESTED_ON = {"accuracy": (0, 1), "recall": (1,), "specificity": (0,)}  # labels whose images a metric is a share of
COLUMNS = (
    *("metric", "protocol", "classifier", "title", "with_generated", "without", "splits", "n", "value_without"),
    *("value_with", "only_without", "only_with", "difference", "spread", "low", "high", "p", "p_holm", "family"),
    *("smallest_detectable", "result", "crossed"),
)

Training = tuple[str, str, str]  # control, empty for the study's own, classifier and training set


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
        and (run.test_set != REAL or have_own_training_images(splits))
        and len({run.tested(split) for split in splits}) == 1
    )


def mean_test(run: Run, splits: Sequence[Split], metric: str, tested: Sequence[Sequence[Predictions]]) -> Estimate:
    """Test of a metric's mean over splits, or of its mean difference between two classifiers.

    `tested` holds for each split one classifier's predictions, or those of two of which the second is subtracted. One
    split: the exact McNemar test (of one classifier Wilson's interval) if the metric is a share of the images, else the
    jackknife's t test. Several: the multi-reader multi-case t test if they have the same test images, as
    `is_multi_reader` says, else the corrected resampled t test.
    """
    values = [_difference([_value(run, metric, one) for one in pair]) for pair in tested]
    if len(splits) > 1 and not is_multi_reader(run, splits):
        return resampled_test(splits, values)
    if len(splits) == 1 and metric not in TESTED_ON:
        return metric_estimate(metric, *tested[0], specificity=run.specificity)

    rows = np.stack([_by_image(run, metric, pair) for pair in tested])  # (K, N)
    if not np.isfinite(rows).all():
        return Estimate(fmean(values))
    if len(splits) > 1:
        return multi_reader_test(splits, rows)
    if len(tested[0]) == 1:
        return wilson_interval(int(rows.sum()), rows.size)
    return mcnemar_test(int((rows == 1).sum()), int((rows == -1).sum()), rows.size)


def resampled_test(splits: Sequence[Split], values: Sequence[float]) -> Estimate:
    """Test of the mean of a value over several splits, whose test images change, by the corrected resampled t test.

    It rests on the share of test images that two splits have in common: it holds for any value that varies smoothly
    with the images.
    """
    return corrected_resampled_t_test(values, fmean(test / train for train, test in (s.real_images for s in splits)))


def multi_reader_test(splits: Sequence[Split], by_image: Numbers) -> Estimate:
    """Test of the mean of values (K, N) of the same images in K splits, whose training images may overlap."""
    return multi_reader_t_test(by_image, training_overlap(splits))


def result_columns(result: Estimate) -> dict[str, float]:
    """A tested difference as columns of a frame."""
    return {"difference": result.value, "low": result.low, "high": result.high, "p": result.p}


def compare_trainings(
    run: Run, splits: Sequence[Split], metric: str, *trainings: Training
) -> Iterator[tuple[dict[str, Any], Estimate]]:
    """A training with generated images against one without: what is compared, and the test of the mean difference.

    Nothing if no split has both, or if the metric is undefined in one.
    """
    found = predictions_by_split(run, splits, *trainings)
    both, tested = [split for split, _ in found], [pair for _, pair in found]
    values = [[_value(run, metric, one) for one in pair] for pair in tested]
    if not found or any(math.isnan(value) for pair in values for value in pair):
        return

    counted = [int(np.isin(one.labels, TESTED_ON.get(metric, (0, 1))).sum()) for one, _ in tested]
    countable = len(both) == 1 and metric in TESTED_ON
    changes = _by_image(run, metric, tested[0]) if countable else None
    (_, classifier, with_generated), (_, _, without) = trainings
    crossed = is_multi_reader(run, both)
    row = {
        "metric": metric,
        "protocol": both[0].protocol,
        "classifier": classifier,
        "title": run.titles[classifier],
        "with_generated": with_generated,
        "without": without,
        "splits": len(both),
        "crossed": crossed,
        "n": counted[0] if crossed else sum(counted),
        "value_with": fmean(value for value, _ in values),
        "value_without": fmean(value for _, value in values),
        "only_with": None if changes is None else (changes == 1).sum(),
        "only_without": None if changes is None else (changes == -1).sum(),
        "spread": stdev(map(_difference, values)) if len(both) > 1 else None,
    }
    yield row, mean_test(run, both, metric, tested)


def mean_over_splits(
    run: Run, splits: Sequence[Split], metric: str, training: Training
) -> tuple[Estimate, list[Predictions]]:
    """A metric's mean over the splits that have a training, with its interval, and their predictions.

    NaN if there are none or if the metric is undefined in one. One split of a metric that counts images has Wilson's
    interval, others that of the test that compares them.
    """
    found = predictions_by_split(run, splits, training)
    tested = [one for _, (one,) in found]
    if not found or any(math.isnan(_value(run, metric, one)) for one in tested):
        return Estimate(math.nan), tested
    return mean_test(run, [split for split, _ in found], metric, [pair for _, pair in found]), tested


def _value(run: Run, metric: str, predictions: Predictions) -> float:
    return float(metric_values(metric, predictions, specificity=run.specificity)[0])


def _difference(values: Sequence[Any]) -> Any:
    """One value, or the first of two less the second."""
    first, *second = values
    return first - sum(second)


def _by_image(run: Run, metric: str, tested: Sequence[Predictions]) -> Numbers:
    """The metric, or its difference between two classifiers, by test image, (N,).

    Of a share of images: the images that it is a share of, 1 if classified correctly, in a difference 1 if only by the
    first and -1 if only by the second. Of other metrics: jackknife pseudovalues.
    """
    if metric in TESTED_ON:
        return _difference([one.correct[np.isin(one.labels, TESTED_ON[metric])] for one in tested])
    return _difference([pseudovalues(metric, one, specificity=run.specificity) for one in tested])


def predictions_by_split(
    run: Run, splits: Sequence[Split], *trainings: Training
) -> list[tuple[Split, list[Predictions]]]:
    """The splits that have all of these trainings, each with what they made of its real test images.

    Raises:
        InputError: Two were tested on different images.
    """
    tested, found = run.predictions_by_training, []
    for split in splits:
        keys = [(split.name, *training, "real") for training in trainings]
        if any(key not in tested for key in keys):
            continue
        tables = [tested[key].sort_index() for key in keys]
        if any(not table.index.equals(tables[0].index) for table in tables):
            (_, classifier, one), (_, _, other) = trainings
            raise InputError(
                f"{split.folder.table('predictions')}: {classifier} trained on {one} and on {other} was tested on "
                "different images; run the split again."
            )
        found.append((split, [as_predictions(table) for table in tables]))
    return found


def _smallest_detectable(row: dict[str, Any], test: Estimate, alpha: float) -> float | None:
    if row["splits"] > 1 or row["metric"] not in TESTED_ON:
        return None if math.isnan(test.df) else minimum_detectable_effect(test.standard_error, test.df, alpha)
    images = minimum_detectable_images(row["n"], alpha)
    return images / row["n"] if images else None
