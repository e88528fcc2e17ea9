"""The search along lines, against every confusion matrix tried one by one."""

from itertools import combinations

import numpy as np
import pytest
from sklearn import metrics

from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix
from leukgan.tools.verify_table.fitting import fits, matrices, value
from leukgan.tools.verify_table.table import TIE_BREAKERS, Cell

LARGEST = 11
SUBSETS = [subset for size in (2, 3, 4, 5) for subset in combinations(METRICS, size)]


@pytest.fixture(scope="module")
def sizes():
    return [(positives, n - positives) for n in range(2, LARGEST + 1) for positives in range(1, n)]


@pytest.fixture
def assert_same_as_one_by_one(matrices_one_by_one, sizes):
    def compare(cells):
        expected = [matrices_one_by_one(cells, *size) for size in sizes]
        found = fits(cells, *np.array(sizes, dtype=float).T)
        assert found.tolist() == [bool(counts) for counts in expected]
        for size, counts in zip(sizes, expected, strict=True):
            assert matrices(cells, *size) == counts

    return compare


@pytest.mark.parametrize("digits", [0, 2])
@pytest.mark.parametrize("subset", SUBSETS, ids="-".join)
def test_prints_of_a_matrix_fit_what_they_fit_one_by_one(subset, digits, assert_same_as_one_by_one):
    fractions = ConfusionMatrix(5, 2, 3, 1).metrics()
    cells = {metric: Cell(f"{100 * fractions[metric]:.{digits}f}") for metric in subset}
    assert_same_as_one_by_one(cells)


@pytest.mark.parametrize("seed", range(30))
def test_any_prints_fit_what_they_fit_one_by_one(seed, assert_same_as_one_by_one):
    generator = np.random.default_rng(seed)
    subset = SUBSETS[generator.integers(len(SUBSETS))]
    # Of a few images, so that many fit, with ties, zeros and undefined precisions; one cell is from another matrix.
    counts = [ConfusionMatrix(*(int(count) for count in generator.integers(0, 4, size=4))) for _ in range(2)]
    cells = {}
    for place, metric in enumerate(subset):
        fraction = counts[place == seed % 5].metrics()[metric]
        cells[metric] = Cell(f"{100 * np.nan_to_num(fraction):.{generator.integers(0, 3)}f}")
    assert_same_as_one_by_one(cells)


@pytest.mark.parametrize("seed", range(10))
def test_metrics_are_those_of_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    tp, fn, tn, fp = (int(count) for count in generator.integers(1, 9, size=4))
    labels = [1] * (tp + fn) + [0] * (tn + fp)
    predicted = [1] * tp + [0] * fn + [0] * tn + [1] * fp
    expected = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "precision": metrics.precision_score(labels, predicted),
        "recall": metrics.recall_score(labels, predicted),
        "f1": metrics.f1_score(labels, predicted),
        "specificity": metrics.recall_score(labels, predicted, pos_label=0),
        "npv": metrics.precision_score(labels, predicted, pos_label=0),
        "f1_negative": metrics.f1_score(labels, predicted, pos_label=0),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted),
        "auc": metrics.roc_auc_score(labels, predicted),
        "mcc": metrics.matthews_corrcoef(labels, predicted),
        "kappa": metrics.cohen_kappa_score(labels, predicted),
    }
    counts = [np.array([float(count)]) for count in (tp, fp, tp + fn, tn + fp)]
    assert {metric: float(value(metric, *counts)[0]) for metric in expected} == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(8))
def test_tie_breakers_leave_the_matrices_that_they_fit_one_by_one(seed, matrices_one_by_one, sizes):
    generator = np.random.default_rng(seed)
    tp, fp, positives, negatives = 5.0, 1.0, 7.0, 4.0
    linear = {"accuracy": Cell("73"), "recall": Cell("71")}
    metric = TIE_BREAKERS[seed % len(TIE_BREAKERS)]
    fraction = float(value(metric, *(np.array([n]) for n in (tp, fp, positives, negatives)))[0])
    cells = linear | {metric: Cell(f"{fraction:.{generator.integers(1, 4)}f}", of=1)}
    low, high = cells[metric].bounds

    def kept(counts):
        numbers = (counts.tp, counts.fp, counts.tp + counts.fn, counts.tn + counts.fp)
        return low <= np.nan_to_num(value(metric, *(np.array([float(n)]) for n in numbers))[0]) <= high

    expected = [[counts for counts in matrices_one_by_one(linear, *size) if kept(counts)] for size in sizes]
    assert [matrices(cells, *size) for size in sizes] == expected
    assert fits(cells, *np.array(sizes, dtype=float).T).tolist() == [bool(counts) for counts in expected]
    assert ConfusionMatrix(5, 2, 3, 1) in matrices(cells, 7, 4)


@pytest.mark.parametrize(("precision", "fitting"), [("0", 1), ("0.00", 1), ("50", 0), ("100", 0)])
def test_an_undefined_precision_fits_a_printed_zero_only(precision, fitting):
    cells = {"precision": Cell(precision), "recall": Cell("0"), "specificity": Cell("100.00")}
    assert matrices(cells, 5, 7) == [ConfusionMatrix(0, 5, 7, 0)] * fitting


@pytest.mark.parametrize("f1", ["84.37", "84.38"])
def test_a_tie_is_found_on_both_sides(f1):
    cells = {"f1": Cell(f1), "recall": Cell("96.43"), "specificity": Cell("62.50")}
    assert matrices(cells, 28, 24) == [ConfusionMatrix(27, 1, 15, 9)]


@pytest.mark.parametrize("size", [(1, 1), (28, 24), (3000, 2000), (60000, 39999)])
def test_every_matrix_is_found_from_its_own_print(size, prints):
    positives, negatives = size
    generator = np.random.default_rng(positives)
    for _ in range(20):
        tp, fp = int(generator.integers(positives + 1)), int(generator.integers(negatives + 1))
        counts = ConfusionMatrix(tp, positives - tp, negatives - fp, fp)
        texts = prints(counts.tp, counts.fn, counts.tn, counts.fp)
        cells = {metric: Cell(text) for metric, text in texts.items() if text}
        assert counts in matrices(cells, positives, negatives)
        assert fits(cells, np.array([float(positives)]), np.array([float(negatives)])).all()
