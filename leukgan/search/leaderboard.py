"""All trials in order of their objective: a csv file, the best one's arguments, and both in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from tabulate import tabulate

from leukgan.errors import InputError
from leukgan.run_folder.files import write_atomic
from leukgan.search.figure import search_figure
from leukgan.search.trials import COMPLETE, FAILED, Trial, outcome, words

SHOWN = 10  # of the best trials


def write_leaderboard(
    folder: Path, trials: Sequence[Trial], *, direction: str, importances: Mapping[str, float] | None = None
) -> str:
    """Write leaderboard.csv and, where trials were compared, best.txt, search.png and search.pdf; give the gist.

    Args:
        folder: Of the search.
        trials: All of them.
        direction: minimize or maximize.
        importances: Of the parameters, where they are known.
    """
    ranked = in_order(trials, direction)
    write_atomic(folder / "leaderboard.csv", table_of(ranked).to_csv(index=False))
    lines = []
    best = ranked[0]
    if has_rank(best) and best.parameters:
        write_atomic(folder / "best.txt", words(best.parameters) + "\n")
        figure = search_figure(trials, best, importances or {})
        write_atomic(folder / "search.png", figure.png)
        write_atomic(folder / "search.pdf", figure.pdf)
        rivals = rivals_of(best, ranked)
        lines += [text_of(ranked), f"The best: {words(best.parameters)}"]
        lines += [f"{rivals} more can't be told from it: their intervals overlap."] if rivals else []
    lines += [f"{trial.label} {outcome(trial)}" for trial in ranked if trial.error]
    return "\n".join(lines)


def check_none_failed(folder: Path, trials: Sequence[Trial]) -> None:
    """Say which trials failed, where some did.

    Raises:
        InputError: Some did.
    """
    failed = [trial.label for trial in trials if trial.state == FAILED]
    if failed:
        raise InputError(
            f"{len(failed)} of {len(trials)} failed ({', '.join(failed)}); {folder / 'leaderboard.csv'} says why."
        )


def has_rank(trial: Trial) -> bool:
    """Whether a trial was measured at its end."""
    return trial.state == COMPLETE and trial.value is not None


def in_order(trials: Sequence[Trial], direction: str) -> list[Trial]:
    """Complete trials from the best to the worst, then the others."""
    ranked = sorted(filter(has_rank, trials), key=lambda trial: trial.value or 0, reverse=direction == "maximize")
    return ranked + [trial for trial in trials if not has_rank(trial)]


def table_of(ranked: Sequence[Trial]) -> pd.DataFrame:
    """A row a trial: its rank among those that have a value to the end, its state, objective, parameters and error."""
    rows = []
    for rank, trial in enumerate(ranked, start=1):
        measured = {"objective": trial.objective, "value": trial.value, "low": trial.low, "high": trial.high}
        rows.append(
            {"rank": rank if has_rank(trial) else None, "trial": trial.label, "state": trial.state, **measured}
            | dict(trial.parameters)
            | {"seconds": trial.seconds, "error": trial.error}
        )
    table = pd.DataFrame(rows).astype({"rank": "Int64"})
    return table[[*table.columns.drop(["seconds", "error"]), "seconds", "error"]]


def text_of(ranked: Sequence[Trial]) -> str:
    """The best trials as a table."""
    rows = [[t.label, outcome(t), *t.parameters.values()] for t in ranked[:SHOWN] if has_rank(t)]
    return tabulate(rows, ["trial", "outcome", *ranked[0].parameters], disable_numparse=True)


def rivals_of(best: Trial, ranked: Sequence[Trial]) -> int:
    """How many other trials' intervals overlap the best one's."""
    ends = [
        (t.low, t.high) for t in ranked if t is not best and has_rank(t) and t.low is not None and t.high is not None
    ]
    if best.low is None or best.high is None:
        return 0
    return sum(low <= best.high and high >= best.low for low, high in ends)
