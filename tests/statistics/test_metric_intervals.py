"""Laws of the intervals and tests of metrics that are no share of the test images."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS, Predictions, metric_values
from leukgan.statistics.metric_intervals import metric_estimate, pseudovalues, stratified_counts
from leukgan.statistics.multi_reader import multi_reader_t_test

LABELS = np.repeat([1, 0], (28, 24))


def classifier(rng, ease, apart=1.5, labels=LABELS):
    """A classifier for which an image is as easy as for all, in part."""
    scores = (labels - 0.5) * apart + 0.8 * ease + 0.6 * rng.normal(size=len(labels))
    return Predictions(labels, (scores > 0).astype(np.int64), scores, 1 / (1 + np.exp(-scores)))


def two_classifiers(seed, apart=(1.5, 1.5), labels=LABELS):
    rng = np.random.default_rng(seed)
    ease = rng.normal(size=len(labels))
    return [classifier(rng, ease, each, labels) for each in apart]


def delong(first, second):
    """DeLong's variance of the difference of two AUROCs, by placements of each image: the published formula."""
    placements = []
    for p in (first, second):
        above = p.scores[p.labels == 1][:, None] - p.scores[p.labels == 0][None]
        wins = (above > 0) + 0.5 * (above == 0)
        placements.append((wins.mean(axis=1), wins.mean(axis=0)))
    (positive, negative), (positive2, negative2) = placements
    return sum(np.var(a - b, ddof=1) / len(a) for a, b in ((positive, positive2), (negative, negative2)))


@pytest.mark.parametrize("seed", range(5))
def test_error_of_auroc_is_delongs(seed):
    first, second = two_classifiers(seed)
    found = metric_estimate("auroc", first, second)
    assert found.standard_error == pytest.approx(math.sqrt(delong(first, second)), rel=1e-9)
    assert found.value == pytest.approx(metric_values("auroc", first)[0] - metric_values("auroc", second)[0])
    assert found.low < found.value < found.high


@pytest.mark.parametrize("metric", CLASSIFIER_METRICS)
def test_error_is_about_the_bootstrap_s(metric):
    first, second = two_classifiers(0, labels=np.repeat([1, 0], (150, 150)))
    counts = stratified_counts(first.labels, seed=1)
    resampled = metric_values(metric, first, counts) - metric_values(metric, second, counts)
    assert metric_estimate(metric, first, second).standard_error == pytest.approx(resampled.std(), rel=0.15)


@pytest.mark.parametrize("metric", ["auroc", "mcc", "balanced_accuracy", "sensitivity_at_specificity"])
def test_equal_classifiers_seldom_differ_and_unequal_ones_do(metric):
    pairs = [two_classifiers(seed) for seed in range(60)]
    assert sum(metric_estimate(metric, *pair).p < 0.05 for pair in pairs) <= 8  # 3 expected, by luck up to 8
    unequal = [two_classifiers(seed, (3.5, 0.5)) for seed in range(20)]
    assert np.mean([metric_estimate(metric, *pair).low > 0 for pair in unequal]) > 0.8


def test_without_anything_that_differs_interval_and_p_are_undefined():
    first, _ = two_classifiers(0)
    for metric in CLASSIFIER_METRICS:
        same = metric_estimate(metric, first, first)
        assert same.value == 0
        assert math.isnan(same.p)
        assert not same.has_interval


def test_the_interval_of_one_classifier_covers_the_truth_about_as_often_as_it_says():
    """AUROC of two normal distributions at a distance d is Phi(d / sqrt(2)), with unit deviations."""
    truth = norm.cdf(1.5 / math.sqrt(2))
    found = [metric_estimate("auroc", two_classifiers(seed)[0]) for seed in range(60)]
    assert sum(one.low <= truth <= one.high for one in found) >= 52  # 57 expected


def test_an_undefined_metric_has_no_interval():
    p = Predictions(np.ones(4, int), np.ones(4, int), np.arange(4.0), np.full(4, np.nan))
    assert all(math.isnan(value) for value in metric_estimate("auroc", p))


def test_pseudovalues_of_accuracy_are_the_right_images():
    p, _ = two_classifiers(0)
    assert pseudovalues("accuracy", p) == pytest.approx((p.labels == p.predicted).astype(float))


@pytest.mark.parametrize("metric", [name for name in CLASSIFIER_METRICS if name != "sensitivity_at_specificity"])
def test_mean_of_the_pseudovalues_is_the_metric(metric):
    p, _ = two_classifiers(1)
    assert pseudovalues(metric, p).mean() == pytest.approx(metric_values(metric, p)[0])


def test_a_metric_that_is_not_smooth_has_no_pseudovalues():
    assert np.isnan(pseudovalues("sensitivity_at_specificity", two_classifiers(0)[0])).all()


@pytest.mark.parametrize("metric", ["auroc", "mcc", "balanced_accuracy"])
def test_training_sets_that_share_their_test_images_seldom_alarm_without_an_effect(metric):
    """Five training sets, one set of test images on which each of two equal methods has a liking of its own."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        ease, own = rng.normal(size=52), 0.4 * rng.normal(size=(2, 52))
        rows = []
        for _ in range(5):
            luck = 0.2 * rng.normal(size=(2, 1))
            first, second = (classifier(rng, ease + liking) for liking in own + luck)
            rows.append(pseudovalues(metric, first) - pseudovalues(metric, second))
        alarms += multi_reader_t_test(np.array(rows)).p < 0.05
    assert alarms <= 8  # 3 expected, by luck up to 8
