"""The confusion matrices that fit printed percentages, for many test sets at once.

With P positive and N negative test images a confusion matrix is a point (tp, fp) in a P by N rectangle. Each metric is
a ratio of linear forms, so a printed cell cuts a strip out of the rectangle, and on any straight line the matrices that
fit all cells are one interval. A cell of recall, specificity or accuracy leaves few lines to look at: those of the
numbers of true positives, false positives or errors that round to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from leukgan.statistics.confusion_matrix import ConfusionMatrix
from leukgan.tools.verify_table.table import Cell

Numbers: TypeAlias = NDArray[np.float64]
Plane: TypeAlias = tuple[float, float, Numbers]
Segments: TypeAlias = tuple[NDArray[np.intp], Numbers, Numbers, Numbers]

# Numerator and denominator of each metric as coefficients of (tp, fp, P, N, 1).
FORMS = {
    "accuracy": ((1, -1, 0, 1, 0), (0, 0, 1, 1, 0)),
    "precision": ((1, 0, 0, 0, 0), (1, 1, 0, 0, 0)),
    "recall": ((1, 0, 0, 0, 0), (0, 0, 1, 0, 0)),
    "f1": ((2, 0, 0, 0, 0), (1, 1, 1, 0, 0)),
    "specificity": ((0, -1, 0, 1, 0), (0, 0, 0, 1, 0)),
}
RECTANGLE = ((1, 0, 0, 0, 0), (-1, 0, 1, 0, 0), (0, 1, 0, 0, 0), (0, -1, 0, 1, 0))  # each is at least 0

# The lines that a metric chooses from: line k holds the points (tp, fp) = k * across + step * along.
LINES = {
    "recall": ((1, 0), (0, 1)),
    "specificity": ((0, 1), (1, 0)),
    "accuracy": ((0, -1), (1, 1)),
}


def fits(cells: Mapping[str, Cell], positives: Numbers, negatives: Numbers) -> NDArray[np.bool_]:
    """For each test set whether any confusion matrix fits all cells.

    A precision without positive predictions is undefined and fits a printed zero only, which is what programs write.

    Args:
        cells: At least one printed percentage by metric.
        positives: Whole numbers (S,) from 1, of positive images by test set.
        negatives: The same of negative images.

    Returns:
        True or false (S,).
    """
    found = np.zeros(len(positives), dtype=bool)
    for index, _, first, last in _segments(cells, positives, negatives):
        found[index[first <= last]] = True
    return found


def matrices(cells: Mapping[str, Cell], positives: int, negatives: int) -> list[ConfusionMatrix]:
    """All confusion matrices of one test set that fit all cells, ordered by tp and fp."""
    across, along = _lines(cells)
    points = [
        (int(line * across[0] + step * along[0]), int(line * across[1] + step * along[1]))
        for _, lines, first, last in _segments(cells, np.array([float(positives)]), np.array([float(negatives)]))
        for line in lines
        for step in np.arange(first[0], last[0] + 1)
    ]
    return [ConfusionMatrix(tp=tp, fn=positives - tp, tn=negatives - fp, fp=fp) for tp, fp in sorted(points)]


def _segments(cells: Mapping[str, Cell], positives: Numbers, negatives: Numbers) -> Iterator[Segments]:
    """The next line of each test set that has one: test sets' indices, lines, and first and last fitting step.

    First is above last where nothing on a line fits.
    """
    across, along = _lines(cells)
    sets = np.stack([positives, negatives, np.ones_like(positives)])  # (3, S)
    # A half plane's slopes from line to line and along each; without the latter it bounds the lines themselves.
    planes = [(float(plane[:2] @ across), float(plane[:2] @ along), plane[2:]) for plane in _half_planes(cells)]
    if not set(cells) & set(LINES):
        planes += _combined(planes)
    line, end = _interval((slope, rest @ sets) for slope, slope_along, rest in planes if slope_along == 0)
    index = np.flatnonzero(line <= end)
    while index.size:
        here = sets[:, index]
        first, last = _interval(
            (slope_along, slope * line[index] + rest @ here) for slope, slope_along, rest in planes if slope_along != 0
        )
        yield index, line[index], first, last
        line[index] += 1
        index = index[line[index] <= end[index]]


def _combined(planes: list[Plane]) -> list[Plane]:
    """Bounds of the lines that follow from half planes in pairs: on a line outside of these no step can fit."""
    slack = np.array([0, 0, 1e-6])  # they only save work, so rounding must not make them too strict
    return [
        (slope * -falling + other * rising, 0.0, rest * -falling + other_rest * rising + slack)
        for slope, rising, rest in planes
        for other, falling, other_rest in planes
        if rising > 0 > falling
    ]


def _half_planes(cells: Mapping[str, Cell]) -> list[Numbers]:
    """Coefficients of (tp, fp, P, N, 1), the forms of which are at least zero exactly where all cells fit."""
    planes: list[Numbers] = [np.array(plane, dtype=float) for plane in RECTANGLE]
    for metric, cell in cells.items():
        numerator, denominator = np.array(FORMS[metric], dtype=float)
        low, high = cell.bounds
        planes += [numerator - low * denominator, high * denominator - numerator]
        if metric == "precision" and cell.value > 0:
            planes.append(denominator - np.array([0, 0, 0, 0, 1]))  # without this 0 / 0 would fit every number
    return planes


def _lines(cells: Mapping[str, Cell]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The lines of the metric that leaves fewest: the most digits, and recall first."""
    printed = [metric for metric in LINES if metric in cells]
    return LINES[max(printed, key=lambda metric: cells[metric].digits)] if printed else LINES["recall"]


def _interval(bounds: Iterable[tuple[float, Numbers]]) -> tuple[Numbers, Numbers]:
    """First and last whole number x with slope * x + offset >= 0 for all slopes and offsets (S,)."""
    first: Numbers | float = -np.inf
    last: Numbers | float = np.inf
    for slope, offset in bounds:
        if slope > 0:
            first = np.maximum(first, -offset / slope)
        elif slope < 0:
            last = np.minimum(last, -offset / slope)
    return np.ceil(first), np.floor(last)
