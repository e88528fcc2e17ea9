import math

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix


def random_case(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 60))
    return rng.integers(0, 2, count), (rng.random(count) < rng.random()).astype(np.int64)


@pytest.mark.parametrize("seed", range(10))
def test_counts_and_metrics_agree_with_scikit_learn(seed):
    labels, predicted = random_case(seed)
    matrix = ConfusionMatrix.from_predictions(labels, predicted)
    tn, fp, fn, tp = sklearn_metrics.confusion_matrix(labels, predicted, labels=[0, 1]).ravel().tolist()
    assert matrix == ConfusionMatrix(tp, fn, tn, fp)
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(labels, predicted),
        "precision": sklearn_metrics.precision_score(labels, predicted, zero_division=np.nan),
        "recall": sklearn_metrics.recall_score(labels, predicted, zero_division=np.nan),
        "f1": sklearn_metrics.f1_score(labels, predicted, zero_division=np.nan),
        "specificity": sklearn_metrics.recall_score(labels, predicted, pos_label=0, zero_division=np.nan),
    }
    assert matrix.metrics() == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    ("counts", "without_denominator"),
    [
        ({"tp": 0, "fn": 3, "tn": 4, "fp": 0}, {"precision"}),  # never says positive; F1 is 0
        ({"tp": 0, "fn": 0, "tn": 4, "fp": 1}, {"recall"}),  # no positives, one false alarm; F1 is 0
        ({"tp": 0, "fn": 0, "tn": 4, "fp": 0}, {"precision", "recall", "f1"}),
        ({"tp": 3, "fn": 1, "tn": 0, "fp": 0}, {"specificity"}),
        ({"tp": 0, "fn": 2, "tn": 0, "fp": 2}, set()),
        ({"tp": 0, "fn": 0, "tn": 0, "fp": 0}, set(METRICS)),
    ],
)
def test_metric_is_nan_exactly_where_its_denominator_is_zero(counts, without_denominator):
    values = ConfusionMatrix(**counts).metrics()
    assert {name for name, value in values.items() if math.isnan(value)} == without_denominator
    if "f1" not in without_denominator and counts["tp"] == 0:
        assert values["f1"] == 0
