"""One job of a multirun: whatever happens to it, a file says so and the other jobs go on."""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig
from rich.console import Console

from leukgan.errors import TrainingDiverged, explain
from leukgan.run_folder.files import write_atomic
from leukgan.search.objective import is_trial, objective_of_run
from leukgan.search.trials import (
    COMPLETE,
    DIVERGED,
    FAILED,
    RUNNING,
    Trial,
    outcome,
    read_trial,
    words,
    write_trial,
)


def in_multirun() -> bool:
    """Whether this is a job of a multirun."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def does_some_splits() -> bool:
    """Whether this is one of several jobs that share the splits of a run."""
    return in_multirun() and "split-" in HydraConfig.get().sweep.subdir


def run_job(work: Callable[[], object], cfg: DictConfig, *, app: str, trains: bool) -> float:
    """Do a job's work, keep its state in status.json of its folder, and give its objective to the sweeper.

    Args:
        work: What the app does.
        cfg: The job's settings.
        app: The app's name.
        trains: Whether it trains GANs; the objective of those of a trial is measured.

    Returns:
        The objective; the worst there is, an infinity, for a job that has none: sweepers take no gap and no NaN.
    """
    job = HydraConfig.get()
    folder = Path(job.sweep.dir) / job.sweep.subdir  # not output_dir: Hydra has looked for it from where Ray works
    known = read_trial(folder) or Trial(label=f"trial-{job.job.num:03d}", parameters={})
    console = Console(stderr=True)
    console.print(f"{known.label}: {words(known.parameters)}", soft_wrap=True)
    objective = cfg.objective if trains and is_trial(cfg) else ""
    trial = replace(known, state=RUNNING, objective=objective)
    write_trial(folder, trial)
    sys.argv = [f"experiments/{app}.py", *job.overrides.task]  # the command that a run folder tells
    start = time.monotonic()
    try:
        work()
        trial = replace(trial, state=COMPLETE, **(objective_of_run(cfg)._asdict() if objective else {}))
    except TrainingDiverged as error:
        trial = replace(trial, state=DIVERGED, error=str(error))
    except Exception as error:
        trial = replace(trial, state=FAILED, error=explain(error) or fault(error, folder / "error.txt"))
    trial = replace(trial, seconds=round(time.monotonic() - start, 1))
    write_trial(folder, trial)
    console.print(f"{trial.label}: {outcome(trial)}", soft_wrap=True)
    if trial.value is not None:
        return trial.value
    return math.inf if cfg.direction == "minimize" else -math.inf


def fault(error: Exception, log: Path) -> str:
    """What a fault of the program is, in a line; its traceback goes to `log`."""
    write_atomic(log, "".join(traceback.format_exception(error)))
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}; the traceback is in {log}."
