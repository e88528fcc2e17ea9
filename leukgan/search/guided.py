"""A guided search: Optuna proposes trials, any number of workers do them, and a kill loses none."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from leukgan.data.split import derive_seed
from leukgan.errors import InputError, TrainingDiverged, explain
from leukgan.search.jobs import fault
from leukgan.search.objective import Objective
from leukgan.search.space import Parameter, Point
from leukgan.search.trials import COMPLETE, DIVERGED, FAILED, PRUNED, RUNNING, Trial, outcome, words, write_trial

STATES = {
    TrialState.COMPLETE: COMPLETE,
    TrialState.PRUNED: PRUNED,
    TrialState.FAIL: FAILED,
    TrialState.RUNNING: RUNNING,
}

Prune = Callable[[int, float], None]  # told a step and the objective there; raises where the trial shall end
Work = Callable[[str, Point, Prune], Objective]  # does a trial, given its label and values


@dataclass(frozen=True, kw_only=True)
class Search:
    """A guided search and its budget.

    Trials are proposed by the tree-structured Parzen estimator (Bergstra et al., 2011), each with a seed of its own, so
    that what one worker does can be repeated. Those numbered below `trials` are the budget, whoever does them.

    Attributes:
        folder: Of the search: its journal, and a folder for each trial's state.
        name: Of the study in the storage.
        parameters: The space.
        settings: What all trials share, as typed; a study goes on with the same alone.
        trials: The budget.
        objective: Its name.
        direction: minimize or maximize.
        seed: Of the proposals.
        startup_trials: So many trials are drawn at random first.
        prune: Whether a trial ends where it is worse than the median of the others at the same step.
        storage: URL of a database that workers on several machines share; None: a journal in the folder.
    """

    folder: Path
    name: str
    parameters: Mapping[str, Parameter]
    settings: Sequence[str]
    trials: int
    objective: str
    direction: str
    seed: int
    startup_trials: int
    prune: bool
    storage: str | None

    def open(self) -> optuna.Study:
        """The study, begun or gone on with.

        Raises:
            InputError: The storage can't be reached, or holds a study of this name with other settings.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            study = optuna.create_study(
                storage=self.opened_storage(),
                study_name=self.name,
                direction=StudyDirection[self.direction.upper()],
                load_if_exists=True,
                pruner=optuna.pruners.MedianPruner() if self.prune else optuna.pruners.NopPruner(),
            )
        except (ImportError, ValueError, SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
            # Without the address, which may hold a password.
            raise InputError(f"the database of storage= can't be used: {str(error).partition(chr(10))[0]}.") from error
        now = [*map(repr, self.parameters.values()), *self.settings]
        before = study.user_attrs.get("settings", now)
        if before != now:
            raise InputError(
                f"the search {self.name} has begun with other settings: {', '.join(sorted(set(before) ^ set(now)))}; "
                "give another name= or delete its folder."
            )
        study.set_user_attr("settings", now)
        return study

    def opened_storage(self) -> str | BaseStorage:
        """What Optuna keeps the study in."""
        if self.storage is not None:
            return self.storage
        self.folder.mkdir(parents=True, exist_ok=True)
        return JournalStorage(JournalFileBackend(str(self.folder / "study.journal")))

    def run(self, study: optuna.Study, work: Work, show: Callable[[str], None]) -> Iterator[Trial]:
        """Do trials as one worker of any number, until the budget is claimed; give each at its end.

        A trial whose worker was killed is claimed again and goes on where its run folder is. One that diverges or fails
        is recorded as failed, and the search goes on.

        Args:
            study: From `open`.
            work: Does a trial.
            show: Told which trial begins, and how it ended.
        """
        while claimed := self.claim(study):
            trial, lock = claimed
            label = label_of(trial.number)
            seed = derive_seed(self.seed, trial.number)
            study.sampler = optuna.samplers.TPESampler(n_startup_trials=self.startup_trials, seed=seed)
            point = {key: parameter.suggested(trial) for key, parameter in self.parameters.items()}
            trial.set_user_attr("parameters", point)
            show(f"{label}: {words(point)}")
            write_trial(self.folder_of(label), self.as_trial(study.trials[trial.number]))
            start = time.monotonic()
            state, found, error = self.attempt(label, point, trial, work)
            if found is not None:
                trial.set_user_attr("interval", [found.low, found.high])
            trial.set_user_attr("ended", state)
            trial.set_user_attr("error", error)
            trial.set_user_attr("seconds", round(time.monotonic() - start, 1))
            told = next(told for told, ours in STATES.items() if ours == {DIVERGED: FAILED}.get(state, state))
            study.tell(trial, None if found is None else found.value, told)
            ended = self.as_trial(study.trials[trial.number])
            write_trial(self.folder_of(label), ended)
            lock.close()
            show(f"{label}: {outcome(ended)}")
            yield ended

    def attempt(self, label: str, point: Point, trial: optuna.Trial, work: Work) -> tuple[str, Objective | None, str]:
        """A trial's work: its end, its objective and its error."""
        seen = set(trial.study.trials[trial.number].intermediate_values)

        def prune(step: int, value: float) -> None:
            if step not in seen:
                seen.add(step)
                trial.report(value, step)
            if trial.should_prune():
                raise optuna.TrialPruned

        try:
            return COMPLETE, work(label, point, prune), ""
        except optuna.TrialPruned:
            return PRUNED, None, ""
        except TrainingDiverged as error:
            return DIVERGED, None, str(error)
        except Exception as error:
            return FAILED, None, explain(error) or fault(error, self.folder_of(label) / "error.txt")

    def claim(self, study: optuna.Study) -> tuple[optuna.Trial, IO[str]] | None:
        """The next trial and the lock that its worker holds, or None where the budget is claimed.

        Locks end with their process: a running trial that nobody has locked was left by a worker that was killed. In
        a shared database, one whose folder is not here is another machine's.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "claim.lock").open("w") as claiming:
            fcntl.flock(claiming, fcntl.LOCK_EX)
            for running in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                folder = self.folder_of(label_of(running.number))
                if self.storage is None or folder.exists():
                    lock = lock_of(folder)
                    if lock is not None:
                        return optuna.Trial(study, running._trial_id), lock
            if len(study.get_trials(deepcopy=False)) >= self.trials:
                return None
            trial = study.ask()
            if trial.number >= self.trials:  # a worker on another machine has claimed the last one meanwhile
                study.tell(trial, state=TrialState.FAIL)
                return None
            lock = lock_of(self.folder_of(label_of(trial.number)))
            assert lock is not None
            return trial, lock

    def folder_of(self, label: str) -> Path:
        """Where a trial's state is."""
        return self.folder / "jobs" / label

    def results(self, study: optuna.Study) -> list[Trial]:
        """The trials of the budget so far."""
        return [self.as_trial(trial) for trial in study.trials[: self.trials]]

    def as_trial(self, trial: FrozenTrial) -> Trial:
        """Optuna's trial as ours."""
        known = trial.user_attrs
        low, high = known.get("interval", (None, None))
        return Trial(
            label=label_of(trial.number),
            parameters=known.get("parameters", dict.fromkeys(self.parameters, "")),
            settings=self.settings,
            state=known.get("ended", RUNNING) if trial.state.is_finished() else RUNNING,
            objective=self.objective,
            value=trial.value,
            low=low,
            high=high,
            seconds=known.get("seconds"),
            error=known.get("error", ""),
        )


def importances_of(study: optuna.Study) -> dict[str, float]:
    """The share of each parameter in the objective's variance (fANOVA, Hutter et al., 2014); none for few trials."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len({trial.value for trial in complete}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))


def label_of(number: int) -> str:
    """A trial's name."""
    return f"trial-{number:03d}"


def lock_of(folder: Path) -> IO[str] | None:
    """The lock of a trial's folder, held while it is open, or None where a process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "lock").open("w")
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    file.close()
    return None
