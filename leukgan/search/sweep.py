"""A multirun: from swept settings to jobs, each with a folder and a state; no job is done twice."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from omegaconf import DictConfig

from leukgan.config import as_override, as_typed, check_name
from leukgan.errors import InputError, command_line, explain, quoted
from leukgan.home import expand_home
from leukgan.run_folder.paths import JobFolder, RunFolder
from leukgan.search.leaderboard import check_none_failed, write_leaderboard
from leukgan.search.space import Choice, Point, parameters_of, points_of
from leukgan.search.trials import ENDED, FAILED, RUNNING, SPLITS, WAITING, Trial, read_trial, trial_label, write_trial

# Arguments that change no job: how jobs are chosen, where they run and are logged, how many splits there are in all.
FREE = re.compile(
    r"\+*(hydra[./]|(launcher|logger|trust|sweep|trials|points|objective|direction|storage|name|runs|trial_of|split\.count)[.=])"
)

Arguments = list[str]


def sweep(
    cfg: DictConfig,
    arguments: Sequence[str],
    *,
    check: Callable[[list[Arguments]], object],
    launch: Callable[[list[Arguments]], object],
    show: Callable[[str], object],
    track: Callable[[RunFolder], object] = lambda root: None,
) -> None:
    """Start the jobs that have not ended before, and show how all of them went.

    Each combination of values of the swept settings is a trial with its own run folder, runs/<name>/trial-<number>.
    Values of split.indices are jobs of their own, which share the trial's folder or, if nothing else is swept,
    runs/<name>. A job's state is in runs/<name>/jobs/<label>/status.json.

    Args:
        cfg: The settings that all jobs share.
        arguments: Overrides of the command line.
        check: Raises if the settings of a job, given the arguments of all of them, can't be composed.
        launch: Runs jobs and returns when all have ended.
        show: Prints what there is to do and how it ended.
        track: Tells the logger of a sweep that compares trials, given its folder with the leaderboard.

    Raises:
        InputError: The sweep is not possible, or a job failed.
    """
    check_name("name", cfg.name)
    parameters, fixed = parameters_of(cfg.space, arguments)
    for key in ("name", "runs"):
        if key in parameters:
            raise InputError(f"{key} can't be swept: it names the whole sweep, whose jobs get folders below it.")

    # All jobs, and those that have not ended.
    splits = parameters.pop(SPLITS, None)
    points = points_of(parameters, trials=cfg.trials, points=cfg.points, seed=cfg.seed)
    jobs = list(_jobs(points, splits, shared_settings(fixed)))
    root = RunFolder(expand_home(cfg.runs) / cfg.name)
    missing = [job for job in jobs if not _has_ended(job, root, cfg.objective)]

    # Settings that can't be composed leave no trace.
    given = [argument for argument in fixed if not argument.startswith("name=")]
    batch = [[*given, *_arguments(job, cfg.name, root)] for job in missing]
    check(batch)

    for job in missing:
        write_trial(root.job(job.label), job)
    show(f"{len(jobs)} jobs, {len(jobs) - len(missing)} of them done before")
    trouble = ""
    try:
        if batch:
            launch(batch)
    except Exception as error:  # a worker was killed or a cluster ended a job: the states of the jobs tell which
        trouble = explain(error) or f"{type(error).__name__}: {error}".partition("\n")[0]

    ended = [_read_end(root.job(job.label), trouble) for job in jobs]
    show(write_leaderboard(root, ended, direction=cfg.direction))
    if any(job.value is not None for job in ended):
        track(root)
    if splits is not None and not parameters:
        show(f"Tables and report of all splits: {command_line('report')} name={cfg.name}")
    check_none_failed(root, ended)
    show(f"The result is in {root.leaderboard}")


def shared_settings(arguments: Sequence[str]) -> list[str]:
    """The arguments that decide what every trial does, in order, as typed."""
    return sorted(as_typed(argument) for argument in arguments if not FREE.match(argument))


def _jobs(points: Sequence[Point], splits: Choice | object | None, settings: Sequence[str]) -> Iterator[Trial]:
    for number, point in enumerate(points):
        trial = trial_label(number)
        if not isinstance(splits, Choice):
            yield Trial(label=trial, parameters=point, settings=settings)
            continue
        for value in splits.values:
            numbers = "+".join(f"{int(index):02d}" for index in re.findall(r"\d+", value))
            label = f"{trial}_split-{numbers}" if point else f"split-{numbers}"
            yield Trial(label=label, parameters={**point, SPLITS: value}, settings=settings)


def _has_ended(job: Trial, root: RunFolder, objective: str) -> bool:
    """Whether a job was done before, and measured by this objective if it was measured.

    Raises:
        InputError: The folder has another job of this name.
    """
    known = read_trial(root.job(job.label))
    if known is None:
        return False

    before, now = ([*map("=".join, trial.parameters.items()), *trial.settings] for trial in (known, job))
    if before != now:
        changed = sorted(set(before) ^ set(now))
        raise InputError(
            f"{root.path} holds another sweep: its {job.label} differs in {', '.join(changed)}; "
            "give another name= or delete the folder."
        )
    return known.state in ENDED and known.objective in ("", objective)


def _arguments(job: Trial, name: str, root: RunFolder) -> Arguments:
    """Arguments of a job's command line besides those that all share."""
    trial = re.match(r"trial-\d+", job.label)
    return [
        *(as_override(f"{key}={value}") for key, value in job.parameters.items()),
        *([f"trial_of={name}", f"name={name}/{trial.group()}"] if trial else [f"name={name}"]),
        f"hydra.sweep.dir={quoted(str(root.path))}",
        f"hydra.sweep.subdir=jobs/{job.label}",
    ]


def _read_end(folder: JobFolder, trouble: str) -> Trial:
    """A job after the launcher has returned; one that has not ended has failed."""
    job = read_trial(folder)
    assert job is not None
    if job.state in (RUNNING, WAITING):
        what = "its process ended before it did" if job.state == RUNNING else "it was not started"
        why = f" ({trouble.rstrip('.')})" if trouble else ", as happens where memory or time runs out"
        job = replace(job, state=FAILED, error=f"{what}{why}.")
        write_trial(folder, job)
    return job
