"""The confusion matrices that fit printed numbers, for many test sets at once.

With P positive and N negative test images a confusion matrix is a point (tp, fp) in a P by N rectangle. Each metric of
FORMS is a ratio of linear forms, so a printed cell cuts a strip out of the rectangle, and on any straight line the
matrices that fit all cells are one interval. A cell of recall, specificity or accuracy leaves few lines to look at:
those of the numbers of true positives, false positives or errors that round to it. The other metrics are computed for
the matrices that are left.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
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
    "npv": ((0, -1, 0, 1, 0), (-1, -1, 1, 1, 0)),
    "f1_negative": ((0, -2, 0, 2, 0), (-1, -1, 1, 2, 0)),
}
CAN_BE_UNDEFINED = ("precision", "npv")
RECTANGLE = ((1, 0, 0, 0, 0), (-1, 0, 1, 0, 0), (0, 1, 0, 0, 0), (0, -1, 0, 1, 0))  # each is at least 0

WINDOW = 0.05  # numbers by chance are drawn within five points of the printed ones
SAMPLED_SETS = 300

# The lines that a metric chooses from: line k holds the points (tp, fp) = k * across + step * along.
LINES = {
    "recall": ((1, 0), (0, 1)),
    "specificity": ((0, 1), (1, 0)),
    "accuracy": ((0, -1), (1, 1)),
}


def value(metric: str, tp: Numbers, fp: Numbers, positives: Numbers, negatives: Numbers) -> Numbers:
    """A metric of confusion matrices, as a fraction; NaN if the formula divides by zero."""
    tn = negatives - fp
    predicted, rest = tp + fp, positives + negatives - tp - fp
    if metric in FORMS:
        terms = (tp, fp, positives, negatives, np.ones_like(tp))
        above, below = (sum(c * term for c, term in zip(form, terms, strict=True)) for form in FORMS[metric])
    elif metric in ("balanced_accuracy", "auc"):  # of one threshold, the area under the curve is their mean
        above, below = (tp / positives + tn / negatives) / 2, np.ones_like(tp)
    elif metric == "mcc":
        above, below = tp * negatives - positives * fp, np.sqrt(positives * negatives * predicted * rest)
    else:  # kappa
        above, below = 2 * (tp * negatives - positives * fp), predicted * negatives + positives * rest
    with np.errstate(invalid="ignore"):
        return np.divide(above, below, out=np.full(np.shape(tp), np.nan), where=np.asarray(below) != 0)


def fits(cells: Mapping[str, Cell], positives: Numbers, negatives: Numbers) -> NDArray[np.bool_]:
    """For each test set (S,) whether any confusion matrix fits all cells, one at least of a metric of FORMS.

    A metric that is undefined fits a printed zero only, which is what programs write. Numbers of images are from 1.
    """
    found = np.zeros(len(positives), dtype=bool)
    others = {metric: cell for metric, cell in cells.items() if metric not in FORMS}
    for index, line, first, last in _segments(cells, positives, negatives):
        if not others:
            found[index[first <= last]] = True
            continue

        # Step by step along the lines of the test sets that are still open.
        open_ = np.flatnonzero((first <= last) & ~found[index])
        step = first.copy()
        while open_.size:
            sets = index[open_]
            tp, fp = _points(cells, line[open_], step[open_])
            fit = _fit_others(others, tp, fp, positives[sets], negatives[sets])
            found[sets[fit]] = True
            step[open_] += 1
            open_ = open_[~fit & (step[open_] <= last[open_])]
    return found


def matrices(cells: Mapping[str, Cell], positives: int, negatives: int, slack: float = 0.0) -> list[ConfusionMatrix]:
    """All confusion matrices of one test set that fit all cells, ordered by tp and fp.

    The number behind each cell of FORMS may be off by less than `slack` images.
    """
    line, first, last = _one_set(cells, positives, negatives, slack)
    steps = np.maximum(last - first + 1, 0).astype(int)
    lines = np.repeat(line, steps)
    within = np.arange(len(lines)) - np.repeat(np.cumsum(steps) - steps, steps)
    tp, fp = _points(cells, lines, np.repeat(first, steps) + within)

    others = {metric: cell for metric, cell in cells.items() if metric not in FORMS}
    fit = _fit_others(others, tp, fp, np.full(len(tp), float(positives)), np.full(len(tp), float(negatives)))
    found = zip(tp[fit].astype(int).tolist(), fp[fit].astype(int).tolist(), strict=True)
    return [ConfusionMatrix(tp=tp, fn=positives - tp, tn=negatives - fp, fp=fp) for tp, fp in sorted(found)]


def count(cells: Mapping[str, Cell], positives: Numbers, negatives: Numbers) -> float:
    """How many confusion matrices of all test sets (S,) together fit the cells of FORMS."""
    if len(positives) == 1:
        _, first, last = _one_set(cells, float(positives[0]), float(negatives[0]))
        return float(np.maximum(last - first + 1, 0).sum())
    found = 0.0
    for _, _, first, last in _segments(cells, positives, negatives):
        found += float(np.maximum(last - first + 1, 0).sum())
    return found


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


def _points(cells: Mapping[str, Cell], line: Numbers, step: Numbers) -> tuple[Numbers, Numbers]:
    """True and false positives at steps of lines."""
    across, along = _lines(cells)
    return line * across[0] + step * along[0], line * across[1] + step * along[1]


def _fit_others(
    cells: Mapping[str, Cell], tp: Numbers, fp: Numbers, positives: Numbers, negatives: Numbers
) -> NDArray[np.bool_]:
    """For each matrix whether it fits cells of any metric; an undefined metric counts as zero."""
    fit = np.ones(len(tp), dtype=bool)
    for metric, cell in cells.items():
        low, high = cell.bounds
        fraction = np.nan_to_num(value(metric, tp, fp, positives, negatives))
        fit &= (low <= fraction) & (fraction <= high)
    return fit


def _segments(cells: Mapping[str, Cell], positives: Numbers, negatives: Numbers) -> Iterator[Segments]:
    """The next line of each test set that has one: test sets' indices, lines, and first and last fitting step.

    First is above last where nothing on a line fits.
    """
    sets = np.stack([positives, negatives, np.ones_like(positives)])  # (3, S)
    planes = _planes(cells)
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


def _one_set(
    cells: Mapping[str, Cell], positives: float, negatives: float, slack: float = 0.0
) -> tuple[Numbers, Numbers, Numbers]:
    """All lines (L,) of one test set, and the first and last fitting step on each."""
    sizes = np.array([[positives], [negatives], [1.0]])
    planes = _planes(cells, slack)
    (start,), (end,) = _interval((slope, rest @ sizes) for slope, slope_along, rest in planes if slope_along == 0)
    line = np.arange(start, end + 1)
    first, last = _interval(
        (slope_along, slope * line + rest @ sizes) for slope, slope_along, rest in planes if slope_along != 0
    )
    return line, first, last


def _planes(cells: Mapping[str, Cell], slack: float = 0.0) -> list[Plane]:
    """The half planes by their slopes from line to line and along each; without the latter one bounds the lines."""
    across, along = _lines(cells)
    planes = [(float(plane[:2] @ across), float(plane[:2] @ along), plane[2:]) for plane in _half_planes(cells, slack)]
    return planes if set(cells) & set(LINES) else planes + _combined(planes)


def _combined(planes: list[Plane]) -> list[Plane]:
    """Bounds of the lines that follow from half planes in pairs: on a line outside of these no step can fit."""
    slack = np.array([0, 0, 1e-6])  # they only save work, so rounding must not make them too strict
    return [
        (slope * -falling + other * rising, 0.0, rest * -falling + other_rest * rising + slack)
        for slope, rising, rest in planes
        for other, falling, other_rest in planes
        if rising > 0 > falling
    ]


def _half_planes(cells: Mapping[str, Cell], slack: float) -> list[Numbers]:
    """Coefficients of (tp, fp, P, N, 1), the forms of which are at least zero exactly where all cells fit."""
    planes: list[Numbers] = [np.array(plane, dtype=float) for plane in RECTANGLE]
    for metric, cell in cells.items():
        if metric not in FORMS:
            continue
        numerator, denominator = np.array(FORMS[metric], dtype=float)
        low, high = cell.bounds
        images = abs(numerator).max() * max(slack - 1e-9, 0.0) * np.array([0, 0, 0, 0, 1])
        planes += [numerator - low * denominator + images, high * denominator - numerator + images]
        if metric in CAN_BE_UNDEFINED and cell.value > 0:
            planes.append(denominator - np.array([0, 0, 0, 0, 1]))  # without this 0 / 0 would fit every number
    return planes


def _lines(cells: Mapping[str, Cell]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The lines of the metric that leaves fewest: the smallest unit, and recall first."""
    printed = [metric for metric in LINES if metric in cells]
    return LINES[min(printed, key=lambda metric: cells[metric].unit)] if printed else LINES["recall"]


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
