"""Panels of numbers: histograms, and lines or points with their intervals."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from leukgan.presentation.figures import COLOURS, canvas

LINE_STYLES = ("-", "--", "-.", ":")

Numbers = NDArray[np.float64]


class Margins(NamedTuple):
    """Inches of a figure kept free around its panels."""

    left: float
    right: float
    bottom: float
    top: float


def axes_grid(
    figure: Canvas,
    count: int,
    columns: int,
    margins: Margins,
    *,
    wspace: float = 0.3,
    hspace: float = 0.0,
    sharey: bool = False,
) -> list[Axes]:
    """This many panels row by row, within the margins.

    The space between columns and rows is a share of a panel's width and height. Panels that share one vertical axis
    have its labels on the left alone.
    """
    width, height = figure.get_size_inches()
    places = {
        "left": margins.left / width,
        "right": 1 - margins.right / width,
        "bottom": margins.bottom / height,
        "top": 1 - margins.top / height,
        "wspace": wspace,
        "hspace": hspace,
    }
    grid = figure.subplots(-(-count // columns), columns, sharey=sharey, squeeze=False, gridspec_kw=places)
    for axes in grid.flat[count:]:
        axes.remove()
    return [*grid.flat[:count]]


class Histogram(NamedTuple):
    """Histograms of several sets on common bins."""

    edges: Numbers  # (B + 1,)
    shares: tuple[Numbers, ...]  # of each set's values in each bin, (B,)
    medians: tuple[float, ...]  # NaN if not marked


def common_histogram(sets: Sequence[ArrayLike], bins: int) -> Histogram:
    """Histograms of some sets of values on this many bins between the smallest and the largest value of all."""
    values = [np.asarray(part, dtype=np.float64) for part in sets]
    together = np.concatenate(values)
    low, high = (together.min(), together.max()) if len(together) else (0.0, 1.0)
    edges = np.linspace(low, high, bins + 1) if high > low else np.array([low - 0.5, low + 0.5])

    shares = [np.histogram(part, edges)[0] / max(len(part), 1) for part in values]
    medians = [float(np.median(part)) if len(part) else np.nan for part in values]
    return Histogram(edges, tuple(shares), tuple(medians))


def draw_histogram(axes: Axes, histogram: Histogram, names: Sequence[str], *, x_label: str = "") -> None:
    """Draw the first set as an area and the others as outlines over it, with dotted lines at the medians."""
    edges = histogram.edges
    for i, (shares, median, name) in enumerate(zip(histogram.shares, histogram.medians, names, strict=True)):
        look: dict[str, Any] = {"histtype": "step", "alpha": 1, "linewidth": 1.6}
        if i == 0:
            look = {"histtype": "stepfilled", "alpha": 0.45, "linewidth": 0}
        axes.hist(edges[:-1], edges.tolist(), weights=shares, label=name, color=COLOURS[i], **look)
        if np.isfinite(median):
            axes.axvline(median, color=COLOURS[i], linewidth=1, linestyle=":")

    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel(x_label, fontsize=8)
    axes.set_yticks([])
    axes.tick_params(labelsize=7.5)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A curve, with a band around it or a marked point if given."""

    x: ArrayLike  # (N,)
    y: ArrayLike  # (N,)
    number: int  # among the lines of the panel: decides on colour and style
    label: str
    band: tuple[ArrayLike, ArrayLike] | None = None  # lower and upper ends (N,)
    marked: int | None = None  # index of the point with a dot


@contextmanager
def line_panels(
    panels: Mapping[str, Sequence[Line]], *,
    x_label: str, y_label: str = "", height: float = 3.0, top: float = 0.75, columns: int = 1, sharey: bool = True,
    log: bool = False, from_zero: bool = False,
) -> Iterator[tuple[Canvas, list[Axes]]]:  # fmt: skip
    """A figure with curves in panels side by side, which are given back for a legend and the like.

    Args:
        panels: Curves over whole numbers, such as generator steps, by the title of their panel, which is shown without
            brackets: a file of weights has no room there. At least one panel.
        x_label: Label of the horizontal axes.
        y_label: Label of the first vertical axis.
        height: Of the figure, in inches.
        top: Inches of the figure above the panels.
        columns: Panels for which there is room at least.
        sharey: Whether all share one vertical axis.
        log: Whether horizontal axes are logarithmic.
        from_zero: Whether vertical axes begin at zero, or below if values do.
    """
    one = len(panels) == 1
    with canvas(7.2, height) as figure:
        margins = Margins(left=0.65, right=0.15, bottom=0.5, top=top)
        wspace = 0.1 if sharey else 0.3
        grid = axes_grid(figure, len(panels), max(columns, len(panels)), margins, wspace=wspace, sharey=sharey)

        for axes, (title, lines) in zip(grid, panels.items(), strict=True):
            for line in lines:
                _draw_line(axes, line, width=1.8 if one else 1.4)
            axes.set_title(title.partition(" (")[0], fontsize=9)
            axes.set_xlabel(x_label)
            axes.grid(axis="y")

            if log:
                axes.set_xscale("log")
            else:
                axes.xaxis.set_major_locator(MaxNLocator(10 if one else 5, integer=True))
            if from_zero:
                low, high = axes.get_ylim()
                axes.set_ylim(min(0.0, low), high)

        grid[0].set_ylabel(y_label)
        yield figure, grid


def _draw_line(axes: Axes, line: Line, width: float) -> None:
    colour, style = COLOURS[line.number], LINE_STYLES[line.number]
    axes.plot(line.x, line.y, style, color=colour, linewidth=width, label=line.label)
    if line.band is not None:
        axes.fill_between(line.x, *line.band, color=colour, alpha=0.15, linewidth=0)
    if line.marked is not None:
        place = np.asarray(line.x)[line.marked], np.asarray(line.y)[line.marked]
        axes.plot(*place, "o", color=colour, markersize=7)


@dataclass(frozen=True, kw_only=True)
class Point:
    """A value with its interval, and matplotlib's arguments for the mark and for the bar."""

    place: float  # on the other axis
    value: float | None  # None draws the mark at the panel's upper edge
    interval: tuple[float, float] | None
    look: Mapping[str, Any]
    bar: Mapping[str, Any] = field(default_factory=dict)


def draw_points(axes: Axes, points: Sequence[Point], *, horizontal: bool = False) -> None:
    """Draw values with their intervals, upright or lying."""
    for point in points:
        if point.value is None:
            edge = axes.get_xaxis_transform()
            axes.plot([point.place], [0.98], transform=edge, linestyle="", clip_on=False, **point.look)
            continue

        if point.interval is not None:
            ends = [list(point.interval), [point.place, point.place]]
            axes.plot(*(ends if horizontal else reversed(ends)), **point.bar)
        mark = [[point.value], [point.place]]
        axes.plot(*(mark if horizontal else reversed(mark)), linestyle="", **point.look)
