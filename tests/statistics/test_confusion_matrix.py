import math

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix

# TP, FN, TN, FP and the percentages as the paper prints them (its three wrong cells set right).
TABLE_1 = [
    (101, 1, 47, 54, "72.91 65.16 99.02 78.60 46.53"),
    (101, 1, 62, 39, "80.30 72.14 99.02 83.47 61.39"),
    (87, 15, 73, 28, "78.82 75.65 85.29 80.18 72.28"),
    (86, 16, 85, 16, "84.24 84.31 84.31 84.31 84.16"),
    (95, 7, 74, 27, "83.25 77.87 93.14 84.82 73.27"),
    (100, 2, 83, 18, "90.15 84.75 98.04 90.91 82.18"),
]
TABLE_2 = [
    (27, 1, 20, 4, "90.38 87.10 96.43 91.53 83.33"),
    (28, 0, 24, 0, "100.00 100.00 100.00 100.00 100.00"),
    (27, 1, 24, 0, "98.08 100.00 96.43 98.18 100.00"),
    (24, 4, 14, 10, "73.08 70.59 85.71 77.42 58.33"),
    (23, 5, 19, 5, "80.77 82.14 82.14 82.14 79.17"),
    (26, 2, 15, 9, "78.85 74.29 92.86 82.54 62.50"),
    (24, 4, 19, 5, "82.69 82.76 85.71 84.21 79.17"),
    (25, 3, 15, 9, "76.92 73.53 89.29 80.65 62.50"),
    (27, 1, 15, 9, "80.77 75.00 96.43 84.38 62.50"),
    (20, 8, 16, 8, "69.23 71.43 71.43 71.43 66.67"),
    (27, 1, 17, 7, "84.62 79.41 96.43 87.10 70.83"),
]


def random_case(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 60))
    return rng.integers(0, 2, count), (rng.random(count) < rng.random()).astype(np.int64)


@pytest.mark.parametrize(("tp", "fn", "tn", "fp", "printed"), TABLE_1 + TABLE_2)
def test_decoded_counts_give_the_papers_percentages(tp, fn, tn, fp, printed):
    values = ConfusionMatrix(tp, fn, tn, fp).metrics()
    assert tuple(values) == METRICS
    assert " ".join(f"{100 * value:.2f}" for value in values.values()) == printed


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
