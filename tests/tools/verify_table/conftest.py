import csv
import io
import math

import numpy as np
import pytest

from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix
from leukgan.tools.verify_table.parsing import parse_table

COLUMNS = ("row", *METRICS)


@pytest.fixture(scope="session")
def prints():
    """Prints a confusion matrix's percentages as a dictionary of texts, some of them replaced."""

    def percentages(tp, fn, tn, fp, digits=2, **changed):
        fractions = ConfusionMatrix(tp, fn, tn, fp).metrics()
        return {
            metric: "" if math.isnan(fractions[metric]) else f"{100 * fractions[metric]:.{digits}f}"
            for metric in METRICS
        } | changed

    return percentages


@pytest.fixture(scope="session")
def table_with():
    """The table of rows given as dictionaries of texts, named a, b, c, ..."""

    def build(*rows, n=None):
        return parse_table(csv_with(*rows, n=n), "table=test")

    return build


@pytest.fixture(scope="session")
def written():
    return csv_with


def csv_with(*rows, n=None):
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, *(["n"] if n else [])])
    writer.writeheader()
    for name, row in zip("abcdefghijklmnopqrstuvwxyz", rows, strict=False):
        writer.writerow({"row": name, **row, **({"n": n} if n else {})})
    return text.getvalue()


@pytest.fixture(scope="session")
def matrices_one_by_one():
    """All confusion matrices of a test set that fit, by the definition."""

    def search(cells, positives, negatives):
        return [
            counts
            for tp in range(positives + 1)
            for fp in range(negatives + 1)
            if admits(cells, counts := ConfusionMatrix(tp, positives - tp, negatives - fp, fp))
        ]

    return search


def admits(cells, counts):
    """Each metric is at most half a unit from its print; an undefined one is printed as zero."""
    metrics = counts.metrics()
    return all(
        abs(100 * np.nan_to_num(metrics[metric]) - float(cell.text)) <= 0.5 * 10**-cell.digits + 1e-9
        and (not math.isnan(metrics[metric]) or float(cell.text) == 0)
        for metric, cell in cells.items()
    )
