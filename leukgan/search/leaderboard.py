"""All trials in order of their objective: a csv file, the best one's settings, and a summary for the user."""

from collections.abc import Mapping, Sequence

import pandas as pd
from tabulate import tabulate

from leukgan.errors import InputError
from leukgan.run_folder.files import write_atomic
from leukgan.run_folder.paths import RunFolder
from leukgan.search.figure import search_figure
from leukgan.search.trials import COMPLETE, FAILED, Trial, join_settings, outcome

SHOWN = 10  # best trials in the summary


def write_leaderboard(
    folder: RunFolder, trials: Sequence[Trial], *, direction: str, importances: Mapping[str, float] | None = None
) -> str:
    """Write leaderboard.csv and, if trials were compared, best.txt, search.png and search.pdf; return a summary."""
    ranked = _rank(trials, direction)
    write_atomic(folder.leaderboard, _table(ranked).to_csv(index=False))

    lines = []
    best = ranked[0]
    if _has_rank(best) and best.parameters:
        write_atomic(folder.best_settings, join_settings(best.parameters) + "\n")
        figure = search_figure(trials, best, importances or {})
        write_atomic(folder.search_figure("png"), figure.png)
        write_atomic(folder.search_figure("pdf"), figure.pdf)
        rivals = _count_rivals(best, ranked)
        alike = f"{rivals + 1} trials can't be told apart: their intervals overlap. The first"
        lines += [_summary(ranked), f"{alike if rivals else 'The best'}: {join_settings(best.parameters)}"]

    lines += [f"{trial.label} {outcome(trial)}" for trial in ranked if trial.error]
    return "\n".join(lines)


def check_none_failed(folder: RunFolder, trials: Sequence[Trial]) -> None:
    """Raise InputError with the names of the trials that failed, if any did."""
    failed = [trial.label for trial in trials if trial.state == FAILED]
    if failed:
        raise InputError(f"{len(failed)} of {len(trials)} failed ({', '.join(failed)}); {folder.leaderboard} says why.")


def _has_rank(trial: Trial) -> bool:
    """Whether a trial was measured at its end."""
    return trial.state == COMPLETE and trial.value is not None


def _rank(trials: Sequence[Trial], direction: str) -> list[Trial]:
    """Complete trials from the best to the worst, then the others."""
    ranked = sorted(filter(_has_rank, trials), key=lambda trial: trial.value or 0, reverse=direction == "maximize")
    return ranked + [trial for trial in trials if not _has_rank(trial)]


def _table(ranked: Sequence[Trial]) -> pd.DataFrame:
    """A row for each trial: rank among the measured ones, state, objective, parameters, seconds and error."""
    rows = []
    for rank, trial in enumerate(ranked, start=1):
        measured = {"objective": trial.objective, "value": trial.value, "low": trial.low, "high": trial.high}
        rows.append(
            {"rank": rank if _has_rank(trial) else None, "trial": trial.label, "state": trial.state, **measured}
            | dict(trial.parameters)
            | {"seconds": trial.seconds, "error": trial.error}
        )
    table = pd.DataFrame(rows).astype({"rank": "Int64"})
    return table[[*table.columns.drop(["seconds", "error"]), "seconds", "error"]]


def _summary(ranked: Sequence[Trial]) -> str:
    """The best trials as a table."""
    rows = [[t.label, outcome(t), *t.parameters.values()] for t in ranked[:SHOWN] if _has_rank(t)]
    return tabulate(rows, ["trial", "outcome", *ranked[0].parameters], disable_numparse=True)


def _count_rivals(best: Trial, ranked: Sequence[Trial]) -> int:
    """Number of other trials whose intervals overlap the best one's."""
    ends = [(t.low, t.high) for t in ranked if t is not best and _has_rank(t)]
    if best.low is None or best.high is None:
        return 0
    return sum(low <= best.high and high >= best.low for low, high in ends if low is not None and high is not None)
