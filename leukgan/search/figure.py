"""A search at a glance: the objective against each parameter, and in the order of the trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from leukgan.presentation.figures import COLOURS, Figure, canvas, finished
from leukgan.search.trials import COMPLETE, DIVERGED, PRUNED, Trial

STYLES: dict[str, dict[str, Any]] = {
    COMPLETE: {"color": COLOURS[0], "marker": "o"},
    PRUNED: {"color": "#888888", "marker": "o", "markerfacecolor": "white"},
    DIVERGED: {"color": COLOURS[1], "marker": "x"},
}
CAPTION = "Lines: 95% intervals, over images alone: another seed of the same training can lie outside."
LOG_FROM = 10  # ratio of the largest to the smallest value from which an axis is logarithmic


def search_figure(trials: Sequence[Trial], best: Trial, importances: Mapping[str, float]) -> Figure:
    """The trials' values with their intervals, against each parameter and against the trial's number.

    Args:
        trials: Of a search.
        best: Of them.
        importances: The parameters' shares in the variance of the values, where they are known.
    """
    keys = list(trials[0].parameters)
    width = 3.1 * (len(keys) + 1) + 0.4
    with canvas(width, 3.4) as figure:
        panels = figure.subplots(1, len(keys) + 1, sharey=True)
        figure.subplots_adjust(left=0.75 / width, right=1 - 0.12 / width, bottom=0.3, top=0.82, wspace=0.08)
        for axes, key in zip(panels, [*keys, None], strict=True):
            places, ticks = places_of(trials, key)
            draw(axes, trials, places, best)
            axes.set_xlabel(axis_label(key, importances))
            if ticks:
                axes.set_xticks(range(len(ticks)), ticks)
            elif key is not None and min(places) > 0 and max(places) / min(places) >= LOG_FROM:
                axes.set_xscale("log")
            axes.grid(axis="y")
        panels[0].set_ylabel(best.objective)
        states = {state: sum(trial.state == state for trial in trials) for state in STYLES}
        handles = [panels[0].plot([], [], linestyle="", **STYLES[state], label=f"{count} {state}")[0]
                   for state, count in states.items() if count]  # fmt: skip
        handles.append(panels[0].plot([], [], linestyle="", **ring(), label="best")[0])
        figure.legend(handles=handles, loc="upper right", ncols=len(handles), bbox_to_anchor=(1, 1))
        figure.text(0.012, 0.04, CAPTION, fontsize=8, color="#555555")
        return finished(figure, "search", f"{len(trials)} trials", CAPTION, leaky=False)


def axis_label(key: str | None, importances: Mapping[str, float]) -> str:
    """What a panel's axis shows."""
    if key is None:
        return "order of trials"
    return f"{key}\n(importance {importances[key]:.0%})" if key in importances else key


def places_of(trials: Sequence[Trial], key: str | None) -> tuple[list[float], list[str]]:
    """Where the trials are on an axis, and the names of its places where they are no numbers."""
    if key is None:
        return [float(number) for number in range(len(trials))], []
    values = [trial.parameters[key] for trial in trials]
    try:
        return [float(value) for value in values], []
    except ValueError:
        names = sorted(set(values))
        return [float(names.index(value)) for value in values], names


def draw(axes: Axes, trials: Sequence[Trial], places: Sequence[float], best: Trial) -> None:
    """The trials of one panel; those without a value stand at its upper edge."""
    for trial, place in zip(trials, places, strict=True):
        style = STYLES.get(trial.state)
        if style is None:
            continue
        if trial.value is None:
            axes.plot([place], [0.98], transform=axes.get_xaxis_transform(), linestyle="", clip_on=False, **style)
            continue
        if trial.low is not None and trial.high is not None and trial.state == COMPLETE:
            axes.plot([place, place], [trial.low, trial.high], color=COLOURS[0], alpha=0.35, linewidth=1.5)
        axes.plot([place], [trial.value], linestyle="", **style)
        if trial is best:
            axes.plot([place], [trial.value], linestyle="", **ring())
    axes.margins(x=0.08)


def ring() -> dict[str, Any]:
    """What marks the best trial."""
    return {"marker": "o", "markersize": 11, "markerfacecolor": "none", "color": COLOURS[1]}
