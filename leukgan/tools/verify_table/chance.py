"""How often chance alone gives a matrix that fits: what a fit is worth."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from leukgan.tools.verify_table.fitting import Numbers, count
from leukgan.tools.verify_table.table import Cell

WINDOW = 0.05  # numbers by chance are drawn within five points of the printed ones
SAMPLED_SETS = 300


def expected_fits(cells: Mapping[str, Cell], positives: Numbers, negatives: Numbers) -> float:
    """How many matrices of these test sets (S,) fit, on average, cells drawn uniformly within WINDOW of the printed.

    A matrix within the window of all cells fits each with a probability of its unit over the window's width. Of more
    than SAMPLED_SETS test sets a regular sample is looked at.
    """
    total = len(positives)
    if total > SAMPLED_SETS:
        sample = np.linspace(0, total - 1, SAMPLED_SETS).astype(int)
        positives, negatives = positives[sample], negatives[sample]
    window = {metric: replace(cell, spread=max(0.0, WINDOW - cell.unit / 2)) for metric, cell in cells.items()}
    near = count(window, positives, negatives)
    share = math.prod(min(1.0, cell.unit / (2 * WINDOW)) for cell in cells.values())
    return near * share * total / len(positives)


def at_least_one(expected: float) -> float:
    """The probability of at least one, where so many are expected."""
    return -math.expm1(-expected)


def chance_of_set(rates: Sequence[float], exact: int, tried: float) -> float:
    """How often chance alone makes so many of a table's rows exact on at least one of the test sets tried.

    Args:
        rates: For each row, how often a test set makes it exact without being the true one.
        exact: Rows that are exact together.
        tried: Test sets that could be the true one.
    """
    counts = np.array([1.0])  # the distribution of the number of exact rows on one test set
    for rate in rates:
        counts = np.convolve(counts, [1 - rate, rate])
    return at_least_one(tried * float(counts[exact:].sum()))
