"""A search at a glance: the objective against each parameter, and in the order of the trials."""

from collections.abc import Mapping, Sequence
from typing import Any

from leukgan.presentation.figures import COLOURS, Figure, canvas, finish
from leukgan.presentation.plots import Margins, Point, axes_grid, draw_points
from leukgan.search.trials import COMPLETE, DIVERGED, PRUNED, Trial

MARKS: dict[str, dict[str, Any]] = {
    COMPLETE: {"color": COLOURS[0], "marker": "o"},
    PRUNED: {"color": "#888888", "marker": "o", "markerfacecolor": "white"},
    DIVERGED: {"color": COLOURS[1], "marker": "x"},
}
BAR: dict[str, Any] = {"color": COLOURS[0], "alpha": 0.35, "linewidth": 1.5}
RING: dict[str, Any] = {"marker": "o", "markersize": 11, "markerfacecolor": "none", "color": COLOURS[1]}
CAPTION = "Lines: 95% intervals, over images alone: another seed of the same training can lie outside."
LOG_FROM = 10  # ratio of the largest to the smallest value from which an axis is logarithmic


def search_figure(trials: Sequence[Trial], best: Trial, importances: Mapping[str, float]) -> Figure:
    """The trials' values with their intervals, against each parameter with its importance and the trial's number."""
    keys = [*trials[0].parameters, None]
    width = 3.1 * len(keys) + 0.4
    with canvas(width, 3.4) as figure:
        margins = Margins(left=0.75, right=0.12, bottom=1.02, top=0.612)
        panels = axes_grid(figure, len(keys), len(keys), margins, wspace=0.08, sharey=True)
        for axes, key in zip(panels, keys, strict=True):
            places, ticks = _places(trials, key)
            draw_points(axes, _points(trials, places, best))
            axes.margins(x=0.08)
            label = key or "order of trials"
            axes.set_xlabel(f"{label}\n(importance {importances[label]:.0%})" if label in importances else label)
            if ticks:
                axes.set_xticks(range(len(ticks)), ticks)
            elif key is not None and min(places) > 0 and max(places) / min(places) >= LOG_FROM:
                axes.set_xscale("log")
            axes.grid(axis="y")
        panels[0].set_ylabel(best.objective)

        counts = {state: sum(trial.state == state for trial in trials) for state in MARKS}
        marks = [(f"{count} {state}", MARKS[state]) for state, count in counts.items() if count]
        handles = [
            panels[0].plot([], [], linestyle="", label=label, **look)[0] for label, look in (*marks, ("best", RING))
        ]
        figure.legend(handles=handles, loc="upper right", ncols=len(handles), bbox_to_anchor=(1, 1))
        figure.text(0.012, 0.04, CAPTION, fontsize=8, color="#555555")
        return finish(figure, "search", f"{len(trials)} trials", CAPTION, stamp="")


def _points(trials: Sequence[Trial], places: Sequence[float], best: Trial) -> list[Point]:
    """The trials that ended, at their places; the best one is ringed."""
    points = []
    for trial, place in zip(trials, places, strict=True):
        if trial.state in MARKS:
            interval = None
            if trial.state == COMPLETE and trial.low is not None and trial.high is not None:
                interval = (trial.low, trial.high)
            points.append(Point(place=place, value=trial.value, interval=interval, look=MARKS[trial.state], bar=BAR))
        if trial is best:
            points.append(Point(place=place, value=trial.value, interval=None, look=RING))
    return points


def _places(trials: Sequence[Trial], key: str | None) -> tuple[list[float], list[str]]:
    """The trials' places on an axis, and the names of these places if they are no numbers."""
    if key is None:
        return [float(number) for number in range(len(trials))], []
    values = [trial.parameters[key] for trial in trials]
    try:
        return [float(value) for value in values], []
    except ValueError:
        names = sorted(set(values))
        return [float(names.index(value)) for value in values], names
