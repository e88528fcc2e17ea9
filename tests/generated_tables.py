"""Tables drawn at random, of the kinds that are published, with the matrices behind them."""

import csv
import io
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import numpy as np
from sklearn import metrics as sklearn_metrics

from leukgan.statistics.confusion_matrix import ConfusionMatrix

SHARES = {  # numerator and denominator by metric, as a textbook has them
    "accuracy": lambda tp, fn, tn, fp: (tp + tn, tp + fn + tn + fp),
    "precision": lambda tp, fn, tn, fp: (tp, tp + fp),
    "recall": lambda tp, fn, tn, fp: (tp, tp + fn),
    "f1": lambda tp, fn, tn, fp: (2 * tp, 2 * tp + fp + fn),
    "specificity": lambda tp, fn, tn, fp: (tn, tn + fp),
    "npv": lambda tp, fn, tn, fp: (tn, tn + fn),
    "f1_negative": lambda tp, fn, tn, fp: (2 * tn, 2 * tn + fp + fn),
}


def matrices(rng, rows, positives, negatives, low=0.6, high=0.97):
    """Matrices of classifiers that are neither perfect nor useless."""
    found = []
    for _ in range(rows):
        tp, tn = (round(size * rng.uniform(low, high)) for size in (positives, negatives))
        found.append(ConfusionMatrix(tp, positives - tp, tn, negatives - tn))
    return found


def printed(metric, counts, digits=1, truncated=False):
    """A metric in percent, by exact fractions."""
    share = Fraction(*SHARES[metric](counts.tp, counts.fn, counts.tn, counts.fp))
    number = Decimal(100 * share.numerator) / Decimal(share.denominator)
    return str(number.quantize(Decimal(1).scaleb(-digits), ROUND_DOWN if truncated else ROUND_HALF_EVEN))


def table(found, columns, digits=1, meanings=None, truncated=()):
    """Rows a, b, c, ... as dictionaries of texts; a column prints the metric that it stands for."""
    meanings = meanings or {}
    return [
        {column: printed(meanings.get(column, column), counts, digits, column in truncated) for column in columns}
        for counts in found
    ]


def as_csv(rows, n=None):
    """The rows as csv; n for all, or one for each."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["row", *rows[0], *(["n"] if n else [])])
    writer.writeheader()
    for place, row in enumerate(rows):
        sizes = {"n": n if isinstance(n, int) else n[place]} if n else {}
        writer.writerow({"row": "abcdefghijklmnopqrstuvwxyz"[place], **row, **sizes})
    return text.getvalue()


def averages(rng, images, classes=3, rows=4, average="weighted", digits=1):
    """Percentages of a test set of several classes, averaged over them by scikit-learn."""
    labels = rng.integers(0, classes, images)
    found = []
    for _ in range(rows):
        predicted = np.where(rng.random(images) < 0.7, labels, rng.integers(0, classes, images))
        precision, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(
            labels, predicted, average=average, zero_division=0
        )
        accuracy = (labels == predicted).mean()
        names = ("accuracy", "precision", "recall", "f1")
        found.append(
            {name: f"{100 * v:.{digits}f}" for name, v in zip(names, (accuracy, precision, recall, f1), strict=True)}
        )
    return found
