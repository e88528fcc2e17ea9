"""Trials of a search and jobs of a sweep: what each tries and how it ends, a file each."""

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from leukgan.errors import TrainingDiverged, explain
from leukgan.run_folder.files import damaged, read_json, write_atomic, write_json
from leukgan.run_folder.paths import JobFolder
from leukgan.search.objective import Objective

WAITING, RUNNING, COMPLETE, PRUNED, DIVERGED, FAILED = "waiting", "running", "complete", "pruned", "diverged", "failed"
ENDED = (COMPLETE, PRUNED, DIVERGED)  # the same command does not repeat these
SPLITS = "split.indices"  # the parameter of jobs that share the splits of a run


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial of a search, or one job of a sweep."""

    label: str  # name such as trial-003; a job that does some splits of a run is split-00 or split-00+01
    parameters: Mapping[str, str]  # settings that distinguish it, as typed
    settings: Sequence[str] = ()  # arguments that it shares with the others
    state: str = WAITING  # waiting, running, complete, pruned (ended early, as others were better), diverged or failed
    objective: str = ""  # name of the measured number; empty if nothing is measured
    value: float | None = None  # the objective; of a pruned trial, the last one before it was ended
    low: float | None = None  # lower end of the value's 95% interval
    high: float | None = None  # upper end
    seconds: float | None = None  # duration of the last attempt
    error: str = ""  # why it diverged or failed, in a sentence


def trial_label(number: int) -> str:
    """Name of a trial, and of its folder, counted from 0."""
    return f"trial-{number:03d}"


def write_trial(folder: JobFolder, trial: Trial) -> None:
    """Write a trial's state to status.json of its folder."""
    write_json(folder.status, asdict(trial))


def read_trial(folder: JobFolder) -> Trial | None:
    """The trial whose state `folder` holds, or None."""
    status = read_json(folder.status)
    known = {field.name for field in fields(Trial)}
    if status is not None and not (isinstance(status, dict) and {"label", "parameters"} <= set(status) <= known):
        raise damaged(folder.status, "it tells of no trial")
    return None if status is None else Trial(**status)


class Pruned(Exception):  # noqa: N818  (an end, not a fault)
    """A trial ends early, because others were better at the same step."""


def attempt(trial: Trial, work: Callable[[], Objective | None], folder: JobFolder) -> Trial:
    """Do a trial's work and return how it ended, whatever happens; the traceback of a fault goes to `folder`."""
    start = time.monotonic()
    try:
        found = work()
        ended = replace(trial, state=COMPLETE, **(found._asdict() if found is not None else {}))
    except Pruned:
        ended = replace(trial, state=PRUNED)
    except TrainingDiverged as error:
        ended = replace(trial, state=DIVERGED, error=str(error))
    except Exception as error:
        ended = replace(trial, state=FAILED, error=explain(error) or _report_fault(error, folder.fault))
    return replace(ended, seconds=round(time.monotonic() - start, 1))


def _report_fault(error: Exception, log: Path) -> str:
    """A fault of the program in one line; its traceback goes to `log`."""
    write_atomic(log, "".join(traceback.format_exception(error)))
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}; the traceback is in {log}."


def join_settings(parameters: Mapping[str, str]) -> str:
    """Settings as they are typed."""
    return " ".join(f"{key}={value}" for key, value in parameters.items())


def outcome(trial: Trial) -> str:
    """How a trial ended, for the user."""
    if trial.value is None:
        return f"{trial.state}{f', {trial.error}' if trial.error else ''}"
    interval = "" if trial.low is None else f" ({trial.low:.3g} to {trial.high:.3g})"
    return f"{trial.state}, {trial.objective} {trial.value:.3g}{interval}"
