"""Intervals and tests of classifier metrics that are no share of the test images, such as AUROC.

Images are resampled within their classes, whose numbers a test set fixes. The jackknife of AUROC is DeLong's test
(DeLong, DeLong and Clarke-Pearson, 1988); it holds for any metric that varies smoothly with the images. Sensitivity at
a fixed specificity does not, as its threshold is a quantile: its error is the bootstrap's.
"""

import math

import numpy as np
from numpy.typing import NDArray

from leukgan.statistics.classifier_metrics import SPECIFICITY, Numbers, Predictions, metric_values
from leukgan.statistics.intervals import RESAMPLES, Estimate
from leukgan.statistics.paired_tests import t_test

NOT_SMOOTH = ("sensitivity_at_specificity",)
NO_ERROR = 1e-12  # below, no image changes the value


def metric_estimate(
    metric: str, first: Predictions, second: Predictions | None = None, *, specificity: float = SPECIFICITY
) -> Estimate:
    """A metric of a classifier on one test set, less that of a second one if given, by t test.

    Interval and p are undefined if no image changes the value. Both are of the same images in the same order.
    """

    def values(weights: Numbers | None = None) -> Numbers:
        of_first = metric_values(metric, first, weights, specificity=specificity)
        return of_first - (0 if second is None else metric_values(metric, second, weights, specificity=specificity))

    value, labels = float(values()[0]), first.labels
    if metric in NOT_SMOOTH:
        error, df = float(values(stratified_counts(labels)).std()), len(labels) - 2.0
    else:
        error, df = _jackknife_error(values(_leave_one_out(len(labels))), labels)
    return t_test(value, error, df) if math.isfinite(error) and error > NO_ERROR else Estimate(value)


def pseudovalues(metric: str, predictions: Predictions, *, specificity: float = SPECIFICITY) -> Numbers:
    """Jackknife pseudovalues (N,), one an image, whose mean is the metric; NaN if it is undefined or not smooth.

    For accuracy they tell which images are right. The analysis of several readers takes them in place of these
    (Dorfman, Berbaum and Metz, 1992).
    """
    n = len(predictions.labels)
    if metric in NOT_SMOOTH:
        return np.full(n, np.nan)
    value = metric_values(metric, predictions, specificity=specificity)[0]
    pulls = (n - 1) * (value - metric_values(metric, predictions, _leave_one_out(n), specificity=specificity))
    return value + pulls - pulls.mean()


def _jackknife_error(left_out: Numbers, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Standard error from the values without each image (N,), and its degrees of freedom (Satterthwaite, 1946)."""
    classes = [left_out[labels == label] for label in (0, 1)]
    if min(map(len, classes)) < 2:
        return math.nan, math.nan
    parts = [(len(one) - 1) * one.var() for one in classes]
    error = math.sqrt(sum(parts))
    if not error > NO_ERROR:
        return error, math.nan
    return error, sum(parts) ** 2 / sum(part**2 / (len(one) - 1) for part, one in zip(parts, classes, strict=True))


def _leave_one_out(n: int) -> Numbers:
    """Weights (N, N) of n test sets, each without one of the images."""
    return np.ones((n, n)) - np.eye(n)


def stratified_counts(labels: NDArray[np.int64], seed: int = 0) -> Numbers:
    """How often each image (N,) occurs in each bootstrap resample within its class: (RESAMPLES, N)."""
    rng = np.random.default_rng(seed)
    counts = np.zeros((RESAMPLES, len(labels)))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        counts[:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), size=RESAMPLES)
    return counts
