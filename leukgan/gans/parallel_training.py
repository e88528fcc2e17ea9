"""Trainings of several GANs at once, each in a process of its own, watched from one progress display."""

import multiprocessing
import os
import pickle
import queue
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from leukgan.data.datamodule import CellData
from leukgan.errors import InputError, TrainingDiverged
from leukgan.gans.accelerators import distributed
from leukgan.gans.gan import GAN
from leukgan.gans.registry import register_gan
from leukgan.gans.trainer_arguments import TrainerExtras
from leukgan.gans.training import Training
from leukgan.gans.validation import ValidationKID
from leukgan.gans.worker import WorkerChannels, send_progress, set_up_process
from leukgan.presentation.console import Pace, stderr_console, time_left
from leukgan.tracking.stages import Stage, Tracking

PATIENCE = 5  # seconds in which the processes of one training may fail of the same


@dataclass(frozen=True)
class Job:
    """One GAN's training."""

    name: str  # shown beside its progress
    gan: GAN  # untrained
    data: CellData
    folder: Path  # where it leaves its checkpoint, metrics and pictures
    training: Training
    tracking: Tracking  # where its metrics go besides
    stage: Stage  # what the tracker is told of it
    validation: ValidationKID | None = None  # measures it while it trains
    seconds: float | None = None  # its length, if the data knows no number of generator steps
    extras: TrainerExtras = field(default_factory=TrainerExtras)


class Display(Progress):
    """Progress bars with generator steps, time left and losses; plain lines where the output is no terminal.

    Plain lines come for each tenth of a training, and one with its time left as soon as its speed is known; the time
    left for all trainings of the command is told with or without bars. Bars are of seconds if the trainings have a time
    instead of a number of generator steps. `rounds` trainings, these included, are done one after the other from here
    on.
    """

    def __init__(
        self, names: Sequence[str], generator_steps: int | None, seconds: float | None, rounds: int = 1
    ) -> None:
        self.rounds = rounds
        self.generator_steps = generator_steps
        self.total = generator_steps or round(seconds or 0)
        self.tenths = dict.fromkeys(names, 0)
        self.paces = {name: Pace() for name in names}
        self.estimated: set[str] = set()

        console = stderr_console()
        whole = Column(no_wrap=True)  # narrow terminals cut the bar, not the words
        columns = (
            TextColumn("{task.description}", markup=False, table_column=whole),
            BarColumn(bar_width=12),
            MofNCompleteColumn(table_column=whole),
            TimeRemainingColumn(table_column=whole),
            TextColumn("{task.fields[losses]}", markup=False, table_column=whole),
        )
        super().__init__(*columns, console=console, disable=not console.is_terminal, speed_estimate_period=120)

        if console.is_terminal:
            unit = "generator steps" if generator_steps else "seconds"
            console.print(f"Training a GAN for each class: {unit}, time left, losses")
        self.bars = {name: self.add_task(name, total=self.total, losses="") for name in names}

    def update_bar(self, name: str, step: int, metrics: Mapping[str, float]) -> None:
        """Show how far a training is."""
        losses = ", ".join(
            f"{network} {metrics[f'train/{network}_loss']:.2f}"
            for network in ("critic", "generator")
            if f"train/{network}_loss" in metrics
        )
        done = step if self.generator_steps else min(round(metrics["seconds"]), self.total)
        self.update(self.bars[name], completed=done, losses=losses)

        pace = self.paces[name].seconds_per_unit(done)
        if pace is not None and name not in self.estimated and done < self.total:
            self._tell_time_left(name, pace, self.total - done)

        tenth = 10 * done // self.total
        if self.disable and tenth > self.tenths[name]:
            unit = "generator steps" if self.generator_steps else f"seconds, {step} generator steps"
            line = f"GAN {name}: {done} of {self.total} {unit}"
            self.console.print(f"{line}, {losses}" if losses else line)
        self.tenths[name] = tenth

    def _tell_time_left(self, name: str, pace: float, missing: int) -> None:
        """Say how long a training still takes if no bar does; once, how long all that the command will do take."""
        lines = [(f"GAN {name}", missing)] if self.disable else []
        if self.rounds > 1 and not self.estimated:
            lines.append(("all GANs of this command", missing + (self.rounds - 1) * self.total))
        for what, steps in lines:
            self.console.print(f"{what}: {time_left(pace * steps)}")
        self.estimated.add(name)

    def tell_early_ends(self) -> None:
        """Say which trainings a callback or a time limit has ended before their last generator step."""
        for bar in self.tasks if self.generator_steps else ():
            if bar.completed < self.total:
                line = f"GAN {bar.description} was ended after {bar.completed:.0f} of {self.total} generator steps"
                self.console.print(f"{line}, by callbacks= or trainer.max_time")


def train_in_parallel(
    jobs: Sequence[Job], *, cores: int | None = None, progress: Callable[[], None] = lambda: None, rounds: int = 1
) -> None:
    """Train every job's GAN: two at once if there are cores for it, or one after the other on a GPU.

    Each takes half of the cores, also when it is alone, because the number of threads decides the last bit of a sum: a
    training that is continued alone ends as it would have ended beside another. Trainings that several processes share
    run one after the other.

    Args:
        jobs: What to train.
        cores: Processor cores to use, all that this process may use by default.
        progress: Called in this process whenever a training tells its progress; what it raises ends all trainings.
        rounds: How often the command trains as many GANs from here on, this time included: for its time left.

    Raises:
        Exception: The first that a training raised, once those beside it have ended, or that `progress` raised; no
            other training is started.
    """
    if not jobs:
        return

    cores = cores or usable_cores()
    devices = jobs[0].training.processes
    at_once = 1 if jobs[0].training.device != "cpu" or devices > 1 else min(2, cores)
    workers, threads = min(at_once, len(jobs)) * devices, max(cores // (at_once * devices), 1)

    context = process_context()
    keepalive, held = context.Pipe(duplex=False)
    channels = WorkerChannels(context.Queue(), context.Event(), keepalive)
    set_up = (threads, channels, dict(os.environ))
    pool = ProcessPoolExecutor(workers, context, initializer=set_up_process, initargs=set_up)
    length = jobs[0].data.order["generator_steps"], jobs[0].seconds
    with Display([job.name for job in jobs], *length, rounds * -(-len(jobs) // at_once)) as display, pool:
        waiting = list(jobs)
        futures: list[Future[None]] = []
        try:
            while waiting or not all(future.done() for future in futures):
                if any(future.done() and future.exception() for future in futures):
                    waiting.clear()
                    if devices > 1:
                        break  # the others wait for the one that failed

                # A pool can't take back what it was given, so it is given a job only when that can start.
                while waiting and sum(not future.done() for future in futures) < at_once:
                    # Pickled here: the pool would put the weights into shared memory, of which containers have little.
                    job = pickle.dumps(waiting.pop(0))
                    meeting = distributed.open_store() if devices > 1 else None
                    port = meeting.port if meeting is not None else 0
                    futures += [pool.submit(train, job, rank, port) for rank in range(devices)]

                with suppress(queue.Empty):
                    display.update_bar(*channels.reports.get(timeout=0.2))
                    progress()
        except BaseException:  # of `progress`, or a signal to stop
            channels.stop.set()
            wait(futures, PATIENCE)  # for each to close its tracker
            held.close()
            raise

        while not channels.reports.empty():
            display.update_bar(*channels.reports.get())
        try:
            end_together(futures, held)
        except BrokenProcessPool as error:
            raise InputError(
                "a GAN's training process was killed, as happens where memory runs out; repeat the same command, which "
                "continues, and if it ends so again, take a smaller batch_size or gan.critic_width with another name=."
            ) from error
        display.tell_early_ends()


def process_context() -> BaseContext:
    """How processes start: on Linux, forked from a server that has imported this module alone."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def end_together(futures: Sequence[Future[Any]], held: Connection) -> None:
    """Raise what a process raised, having ended those that wait for it by letting go of their keepalive."""
    wait(futures, PATIENCE)
    errors = [error for future in futures if future.done() and (error := future.exception())]
    if errors:
        held.close()
        # Where a process was killed, that is why others have failed.
        raise next((error for error in errors if isinstance(error, BrokenProcessPool)), errors[0])


def usable_cores() -> int:
    """Processor cores that this process may use: OMP_NUM_THREADS, by which jobs share a machine, can lower them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(cores, int(threads)) if re.fullmatch("[1-9][0-9]*", threads) else cores


def train(pickled: bytes, rank: int, port: int) -> None:
    """Train one job's GAN in this process, the rank-th of those that share it and meet at a port."""
    job: Job = pickle.loads(pickled)
    register_gan(job.gan.name, type(job.gan))  # its module may have been registered elsewhere in the parent
    with distributed.join_training(rank, job.training.processes, port, job.training.device):
        try:
            job.training.fit(
                job.gan,
                job.data,
                job.folder,
                progress=partial(send_progress, job.name),
                open_run=partial(job.tracking.run, job.folder.parent.parent, job.stage),
                validation=job.validation,
                seconds=job.seconds,
                extras=job.extras,
            )
        except TrainingDiverged as error:
            raise TrainingDiverged(f"GAN {job.name}: {error}") from error
