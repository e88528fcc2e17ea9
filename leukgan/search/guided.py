"""A guided search: Optuna proposes trials, any number of workers do them, and a kill loses none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import IO

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from leukgan.config import SearchSettings
from leukgan.data.split import derive_seed
from leukgan.errors import InputError
from leukgan.run_folder.files import damaged
from leukgan.run_folder.lock import one_at_a_time, try_lock
from leukgan.run_folder.paths import RunFolder
from leukgan.search.objective import Objective
from leukgan.search.space import Parameter, Point
from leukgan.search.trials import (
    COMPLETE,
    DIVERGED,
    FAILED,
    PRUNED,
    RUNNING,
    Pruned,
    Trial,
    attempt,
    join_settings,
    outcome,
    trial_label,
    write_trial,
)

OPTUNA_STATES = {
    COMPLETE: TrialState.COMPLETE,
    PRUNED: TrialState.PRUNED,
    DIVERGED: TrialState.FAIL,
    FAILED: TrialState.FAIL,
}
# What Optuna raises of storages, and of a journal's lines that are not its own.
OF_STORAGES = (ImportError, ValueError, SQLAlchemyError, optuna.exceptions.StorageInternalError)
OF_JOURNALS = (KeyError, TypeError, AssertionError, RecursionError)

Prune = Callable[[int, float], None]  # takes a step and the objective there; raises Pruned if the trial should end
Work = Callable[[str, Point, Prune], Objective]  # does a trial, given its label and values


@dataclass(frozen=True, kw_only=True)
class Search:
    """A guided search and its budget.

    The tree-structured Parzen estimator (Bergstra et al., 2011) proposes trials, each with a seed of its own, so that
    one worker's search can be repeated. Trials numbered below `trials` are the budget, whoever does them.
    """

    folder: RunFolder  # folder of the search: its journal, and a folder for each trial's state
    config: SearchSettings  # its name in the storage, budget, objective, seed and pruning
    parameters: Mapping[str, Parameter]
    settings: Sequence[str]  # arguments that all trials share, as typed; a study continues with the same ones only

    @cached_property
    def study(self) -> optuna.Study:
        """Optuna's study, created or continued.

        Raises:
            InputError: The storage can't be reached or is damaged, or holds a study of this name with other settings.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        name, storage = self.config.name, self.config.storage
        if storage is None:
            self._check_journal()
        try:
            study = optuna.create_study(
                storage=JournalStorage(JournalFileBackend(str(self.folder.journal))) if storage is None else storage,
                study_name=name,
                direction=StudyDirection[self.config.direction.upper()],
                load_if_exists=True,
                pruner=optuna.pruners.MedianPruner() if self.config.prune else optuna.pruners.NopPruner(),
            )
        except (*OF_STORAGES, *OF_JOURNALS) as error:
            if storage is None:
                raise damaged(self.folder.journal, f"{type(error).__name__} in reading it") from error
            if not isinstance(error, OF_STORAGES):
                raise
            # Without the address, which may hold a password.
            raise InputError(f"the database of storage= can't be used: {str(error).partition(chr(10))[0]}.") from error

        now = [*map(repr, self.parameters.values()), *self.settings]
        before = study.user_attrs.get("settings", now)
        if before != now:
            raise InputError(
                f"the search {name} has begun with other settings: {', '.join(sorted(set(before) ^ set(now)))}; "
                "give another name= or delete its folder."
            )
        study.set_user_attr("settings", now)
        return study

    def _check_journal(self) -> None:
        """Raise InputError if the journal ends within a line, while no other worker writes one."""
        self.folder.path.mkdir(parents=True, exist_ok=True)
        journal = self.folder.journal
        writing = JournalFileSymlinkLock(str(journal))
        writing.acquire()  # no other worker writes a line now
        try:
            if journal.exists() and journal.read_bytes()[-1:] not in (b"", b"\n"):
                raise damaged(journal, "its last line is cut")
        finally:
            writing.release()

    def run(self, work: Work, show: Callable[[str], None]) -> Iterator[Trial]:
        """Do trials, as one worker of any number, until the budget is claimed; yield each at its end.

        A trial whose worker was killed is claimed again and continues in its run folder. One that diverges or fails is
        recorded, and the search goes on.
        """
        while claimed := self._claim():
            proposal, lock = claimed
            point = self._propose(proposal)
            trial = self._trial(self.study.trials[proposal.number])
            folder = self.folder.job(trial.label)
            show(f"{trial.label}: {join_settings(point)}")
            write_trial(folder, trial)

            trial = attempt(trial, partial(work, trial.label, point, _pruning(proposal)), folder)

            # Optuna knows a trial's value and state; the rest is in its attributes, which other workers read too.
            known: dict[str, object] = {"ended": trial.state, "error": trial.error, "seconds": trial.seconds}
            if trial.state == COMPLETE:
                known["interval"] = [trial.low, trial.high]
            for name, value in known.items():
                proposal.set_user_attr(name, value)
            self.study.tell(proposal, trial.value, OPTUNA_STATES[trial.state])

            trial = self._trial(self.study.trials[proposal.number])
            write_trial(folder, trial)
            lock.close()
            show(f"{trial.label}: {outcome(trial)}")
            yield trial

    def results(self) -> list[Trial]:
        """The trials of the budget so far."""
        return [self._trial(trial) for trial in self.study.trials[: self.config.trials]]

    def importances(self) -> dict[str, float]:
        """Each parameter's share of the objective's variance (fANOVA, Hutter et al., 2014); empty for few trials."""
        complete = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len({trial.value for trial in complete}) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        return dict(optuna.importance.get_param_importances(self.study, evaluator=evaluator))

    def _claim(self) -> tuple[optuna.Trial, IO[bytes]] | None:
        """The next trial and the lock that its worker holds; None if the budget is claimed.

        Locks end with their process: a running trial that nobody has locked was left by a worker that was killed. In a
        shared database, a running trial without a folder here is another machine's.
        """
        with one_at_a_time(self.folder.claim):
            # First what a killed worker has left.
            for running in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                folder = self.folder.job(trial_label(running.number))
                if self.config.storage is None or folder.path.exists():
                    lock = try_lock(folder.lock)
                    if lock is not None:
                        return optuna.Trial(self.study, running._trial_id), lock

            # Then a new one.
            if len(self.study.get_trials(deepcopy=False)) >= self.config.trials:
                return None
            trial = self.study.ask()
            if trial.number >= self.config.trials:  # a worker on another machine has claimed the last one meanwhile
                self.study.tell(trial, state=TrialState.FAIL)
                return None
            lock = try_lock(self.folder.job(trial_label(trial.number)).lock)
            assert lock is not None
            return trial, lock

    def _propose(self, trial: optuna.Trial) -> Point:
        """The values of a trial, which a killed trial has already."""
        seed = derive_seed(self.config.seed, trial.number)
        self.study.sampler = optuna.samplers.TPESampler(n_startup_trials=self.config.startup_trials, seed=seed)
        point = {key: parameter.suggested(trial) for key, parameter in self.parameters.items()}
        trial.set_user_attr("parameters", point)
        return point

    def _trial(self, trial: FrozenTrial) -> Trial:
        known = trial.user_attrs
        low, high = known.get("interval", (None, None))
        return Trial(
            label=trial_label(trial.number),
            parameters=known.get("parameters", dict.fromkeys(self.parameters, "")),
            settings=self.settings,
            state=known.get("ended", RUNNING) if trial.state.is_finished() else RUNNING,
            objective=self.config.objective,
            value=trial.value,
            low=low,
            high=high,
            seconds=known.get("seconds"),
            error=known.get("error", ""),
        )


def _pruning(trial: optuna.Trial) -> Prune:
    """Reports a trial's objective to Optuna, each step once, also those of a worker that was killed."""
    seen = set(trial.study.trials[trial.number].intermediate_values)

    def prune(step: int, value: float) -> None:
        if step not in seen:
            seen.add(step)
            trial.report(value, step)
        if trial.should_prune():
            raise Pruned

    return prune
