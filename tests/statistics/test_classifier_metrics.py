import math

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from leukgan.statistics import classifier_metrics
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS, FURTHER, Predictions, metric_values, roc_curve
from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix


def random_predictions(seed, ties=False):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1], rng.integers(2, 40, 2)))
    scores = labels + rng.normal(0, 1, len(labels)) - 0.5
    scores = scores.round(0 if ties else 6) + 0.25  # none is zero
    return Predictions(labels, (scores > 0).astype(np.int64), scores, 1 / (1 + np.exp(-scores)))


def scikit_learns(p, specificity, weights=None):
    """Each metric by scikit-learn, which takes one set of weights at a time."""
    how = {"sample_weight": weights}
    false_rate, sensitivity, _ = sklearn_metrics.roc_curve(p.labels, p.scores, drop_intermediate=False, **how)
    positive, hard = {"pos_label": 1, "zero_division": np.nan, **how}, (p.labels, p.predicted)
    negative = {**positive, "pos_label": 0}
    return {
        "accuracy": sklearn_metrics.accuracy_score(*hard, **how),
        "precision": sklearn_metrics.precision_score(*hard, **positive),
        "recall": sklearn_metrics.recall_score(*hard, **positive),
        "f1": sklearn_metrics.f1_score(*hard, **positive),
        "specificity": sklearn_metrics.recall_score(*hard, **negative),
        "npv": sklearn_metrics.precision_score(*hard, **negative),
        "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(*hard, **how),
        "mcc": sklearn_metrics.matthews_corrcoef(*hard, **how),
        "auroc": sklearn_metrics.roc_auc_score(p.labels, p.scores, **how),
        "average_precision": sklearn_metrics.average_precision_score(p.labels, p.scores, **how),
        "sensitivity_at_specificity": sensitivity[false_rate <= 1 - specificity + 1e-9].max(),
        "brier": sklearn_metrics.brier_score_loss(p.labels, p.probabilities, **how),
    }


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_metrics_are_scikit_learns(seed, ties):
    p = random_predictions(seed, ties)
    for specificity in (0.95, 0.7):
        found = {name: metric_values(name, p, specificity=specificity)[0] for name in CLASSIFIER_METRICS}
        assert found == pytest.approx(scikit_learns(p, specificity), rel=1e-12, abs=1e-12, nan_ok=True)


def test_weighted_metrics_are_scikit_learns_of_all_resamples_in_any_blocks(monkeypatch):
    p = random_predictions(3, ties=True)
    weights = np.random.default_rng(0).integers(0, 3, (7, len(p.labels))).astype(float)
    expected = [scikit_learns(p, 0.8, row) for row in weights]
    monkeypatch.setattr(classifier_metrics, "BLOCK", 3 * len(p.labels))
    for name in CLASSIFIER_METRICS:
        found = metric_values(name, p, weights, specificity=0.8)
        assert found == pytest.approx([row[name] for row in expected], rel=1e-12, abs=1e-12)


def test_the_five_metrics_of_the_paper_are_those_of_the_confusion_matrix():
    p = random_predictions(1)
    counted = ConfusionMatrix.from_predictions(p.labels, p.predicted).metrics()
    assert tuple(CLASSIFIER_METRICS) == (*METRICS, *FURTHER)
    assert counted == pytest.approx({name: metric_values(name, p)[0] for name in METRICS}, rel=1e-12)


@pytest.mark.parametrize("label", [0, 1])
def test_metrics_of_both_classes_are_undefined_where_one_is_missing(label):
    scores = np.array([-1.0, 0.5, 2.0])
    p = Predictions(np.full(3, label), (scores > 0).astype(int), scores, np.full(3, np.nan))
    for name in set(FURTHER) - {"npv"}:
        assert math.isnan(metric_values(name, p)[0])


def test_mcc_is_zero_and_npv_undefined_where_all_are_called_positive():
    scores = np.array([1.0, 0.5, 2.0])
    p = Predictions(np.array([0, 1, 1]), np.ones(3, int), scores, np.full(3, np.nan))
    assert metric_values("mcc", p)[0] == 0
    assert math.isnan(metric_values("npv", p)[0])


def test_a_specificity_that_is_reached_exactly_counts():
    """One false positive of twenty is a specificity of 95%."""
    labels = np.repeat([1, 0, 1, 0], [3, 1, 2, 19])
    scores = np.arange(25, 0, -1.0)
    p = Predictions(labels, labels, scores, np.full(25, np.nan))
    assert metric_values("sensitivity_at_specificity", p, specificity=0.95)[0] == 1
    assert metric_values("sensitivity_at_specificity", p, specificity=0.96)[0] == 0.6


def test_the_roc_curve_encloses_auroc():
    p = random_predictions(2, ties=True)
    false_rate, sensitivity = roc_curve(p)
    assert (false_rate[0], sensitivity[0], false_rate[-1], sensitivity[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(sensitivity, false_rate) == pytest.approx(metric_values("auroc", p)[0])
