"""Trials of a search and jobs of a sweep: what each tried and how it went, a file each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from leukgan.run_folder.files import read_json, write_json

WAITING, RUNNING, COMPLETE, PRUNED, DIVERGED, FAILED = "waiting", "running", "complete", "pruned", "diverged", "failed"
ENDED = (COMPLETE, PRUNED, DIVERGED)  # the same command does not repeat these


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial of a search, or one job of a sweep.

    Attributes:
        label: Its name, such as trial-003; a job that does some splits of a run is split-00 or split-00+01.
        parameters: What distinguishes it, as typed.
        settings: The arguments that it shares with the others.
        state: waiting, running, complete, pruned (stopped early, because others were better), diverged or failed.
        objective: Name of what is measured; empty for a job of which nothing is.
        value: Of the objective; of a pruned trial, the last one before it was stopped.
        low: Lower end of the value's 95% interval.
        high: Upper end.
        seconds: That the last attempt took.
        error: Why it diverged or failed, in a sentence.
    """

    label: str
    parameters: Mapping[str, str]
    settings: Sequence[str] = ()
    state: str = WAITING
    objective: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    seconds: float | None = None
    error: str = ""


def write_trial(folder: Path, trial: Trial) -> None:
    """Write a trial's state to status.json of its folder."""
    write_json(folder / "status.json", asdict(trial))


def read_trial(folder: Path) -> Trial | None:
    """The trial whose state `folder` holds, or None."""
    status = read_json(folder / "status.json")
    return None if status is None else Trial(**status)


def words(parameters: Mapping[str, str]) -> str:
    """Parameters as they are typed."""
    return " ".join(f"{key}={value}" for key, value in parameters.items())


def outcome(trial: Trial) -> str:
    """How a trial ended, in words."""
    if trial.value is None:
        return f"{trial.state}{f', {trial.error}' if trial.error else ''}"
    interval = "" if trial.low is None else f" ({trial.low:.3g} to {trial.high:.3g})"
    return f"{trial.state}, {trial.objective} {trial.value:.3g}{interval}"
