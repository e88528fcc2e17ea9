"""One job of a multirun, in whichever process a launcher runs it: a file tells its state, and the other jobs go on."""

import math
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from leukgan.config import StudySettings, read_config
from leukgan.errors import command_line
from leukgan.parent_process import end_with_parent
from leukgan.presentation.console import labelled, stderr_console, time_left
from leukgan.run_folder.paths import JobFolder
from leukgan.search.objective import Objective, objective_of_run
from leukgan.search.trials import (
    RUNNING,
    SPLITS,
    WAITING,
    Trial,
    attempt,
    join_settings,
    outcome,
    read_trial,
    trial_label,
    write_trial,
)

PACKAGES = {
    "joblib": "hydra-joblib-launcher",
    "submitit_slurm": "hydra-submitit-launcher",
    "ray": "hydra-ray-launcher",
}


def missing_package(config: str | None) -> str | None:
    """What to install, if a config that Hydra has not found is a launcher's, such as hydra/launcher/ray; else None."""
    group, _, plugin = (config or "").rpartition("/")
    if group != "hydra/launcher" or plugin not in PACKAGES:
        return None

    launcher, command = plugin.removeprefix("submitit_"), f"{sys.executable} -m pip install {PACKAGES[plugin]}"
    return f"launcher={launcher} needs the package {PACKAGES[plugin]}; install it with: {command}"


def set_up_job(folder: str) -> None:
    """Set up a process of joblib, SLURM or Ray for a job of a command that was given in a folder.

    In the launching process itself it does nothing.
    """
    if not HydraConfig.get().launcher._target_.startswith("hydra._internal."):
        os.chdir(folder)
        multiprocessing.set_start_method("spawn", force=True)  # joblib's own is unknown to the processes of its jobs
        end_with_parent()


def in_multirun() -> bool:
    """Whether this is a job of a multirun."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def does_some_splits() -> bool:
    """Whether this is one of several jobs that share the splits of a run."""
    job = read_trial(_job_folder()) if in_multirun() else None
    return job is not None and SPLITS in job.parameters


def rounds_of_jobs() -> int:
    """How many jobs of this multirun end one after the other from here on, this one included; 1 for a command alone."""
    states = [job.state for job in jobs_beside(_job_folder())] if in_multirun() else [RUNNING]
    return 1 + -(-states.count(WAITING) // max(states.count(RUNNING), 1))


def run_job(work: Callable[[StudySettings], object], cfg: DictConfig, *, app: str, trains: bool) -> float:
    """Do a job of the command `app`, keep its state in status.json of its folder, and return its objective.

    A job that trains GANs is measured if it is a trial, unless another generator made the images. A job without an
    objective returns the worst there is, an infinity: sweepers take no gap and no NaN.
    """
    hydra, folder, console = HydraConfig.get(), _job_folder(), stderr_console()
    known = read_trial(folder) or Trial(label=trial_label(hydra.job.num), parameters={})
    objective = cfg.objective if trains and cfg.trial_of is not None and cfg.generated.root is None else ""
    trial = replace(known, state=RUNNING, objective=objective)
    write_trial(folder, trial)
    console.print(f"{trial.label}: {join_settings(trial.parameters) or 'the settings as they are'}")

    # The run folder stores this as the command that made it.
    sys.argv = [command_line(app).removeprefix("python "), *hydra.overrides.task]

    def measured() -> Objective | None:
        from leukgan.search.tracked import track_trial  # here: every command imports this module, also for its help

        config: StudySettings = read_config(cfg)
        work(config)
        return track_trial(config, objective_of_run(config)) if objective else None

    with labelled(trial.label):
        trial = attempt(trial, measured, folder)
    at_once = max(sum(job.state == RUNNING for job in jobs_beside(folder)), 1)
    write_trial(folder, trial)
    console.print(f"{trial.label}: {outcome(trial)}")
    console.print(how_far(jobs_beside(folder), at_once))
    if trial.value is not None:
        return trial.value
    return math.inf if cfg.direction == "minimize" else -math.inf


def jobs_beside(folder: JobFolder) -> list[Trial]:
    """All jobs of a multirun, by the folder of one of them."""
    found = (read_trial(JobFolder(path)) for path in sorted(folder.path.parent.iterdir()))
    return [job for job in found if job is not None]


def how_far(jobs: Sequence[Trial], at_once: int) -> str:
    """How many jobs have ended, and the time left for the others if so many run at once as long as those did."""
    seconds = [job.seconds for job in jobs if job.state not in (RUNNING, WAITING) and job.seconds is not None]
    done = sum(job.state not in (RUNNING, WAITING) for job in jobs)
    text = f"{done} of {len(jobs)} jobs have ended"
    if done == len(jobs) or not seconds:
        return text
    return f"{text}; {time_left(sum(seconds) / len(seconds) * -(-(len(jobs) - done) // at_once))}"


def _job_folder() -> JobFolder:
    sweep = HydraConfig.get().sweep
    return JobFolder(Path(sweep.dir) / sweep.subdir)  # not output_dir: Hydra has looked for it from where Ray works
