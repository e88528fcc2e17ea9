"""Trainings of several GANs at once, each in a process of its own, watched from one progress display."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import queue
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.loggers import WandbLogger
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column

from leukgan.data.datamodule import CellData
from leukgan.errors import InputError
from leukgan.gans.base import GAN
from leukgan.gans.training import Training
from leukgan.gans.validation import ValidationKID
from leukgan.tracking import Tracking


@dataclass(frozen=True)
class Job:
    """One GAN's training.

    Attributes:
        name: Shown beside its progress.
        gan: Untrained.
        data: Its batches.
        folder: Where it leaves its checkpoint, metrics and sample grids.
        training: How it is trained.
        tracking: Where its metrics go besides.
        tracked: Name, group, job_type and config of its tracker's run.
        validation: Measures it while it trains.
    """

    name: str
    gan: GAN
    data: CellData
    folder: Path
    training: Training
    tracking: Tracking
    tracked: Mapping[str, Any]
    validation: ValidationKID | None = None


def train_side_by_side(jobs: Sequence[Job], *, cores: int | None = None) -> None:
    """Train every job's GAN: two at once where there are cores for it, or one after the other on a GPU.

    Each takes half of the cores, also when it is alone, because the number of threads decides the last bit of a sum: a
    training that is continued alone ends as it would have ended beside another.

    Args:
        jobs: What to train.
        cores: Processor cores to use, all that this process may use by default.

    Raises:
        Exception: The first that a training raised, once those that run beside it have ended; no other is started.
    """
    if not jobs:
        return
    cores = cores or usable_cores()
    at_once = 1 if jobs[0].training.device == "cuda" else min(2, cores)
    context = multiprocessing.get_context("spawn")
    reports: multiprocessing.Queue[Any] = context.Queue()
    pool = ProcessPoolExecutor(
        min(at_once, len(jobs)), context, initializer=set_up_process, initargs=(reports, cores // at_once)
    )
    with Display([job.name for job in jobs], jobs[0].data.order["generator_steps"]) as display, pool:
        waiting = list(jobs)
        futures: list[Future[None]] = []
        while waiting or not all(future.done() for future in futures):
            if any(future.done() and future.exception() for future in futures):
                waiting.clear()
            # A pool can't take back what it was given, so it is given a job only when that can start.
            while waiting and sum(not future.done() for future in futures) < at_once:
                # Pickled here: the pool would put the weights into shared memory, of which containers have little.
                futures.append(pool.submit(train_pickled, pickle.dumps(waiting.pop(0))))
            with suppress(queue.Empty):
                display.show(*reports.get(timeout=0.2))
        while not reports.empty():
            display.show(*reports.get())
        try:
            for future in futures:
                future.result()
        except BrokenProcessPool as error:
            raise InputError(
                "a GAN's training process was killed, as happens where memory runs out; take a smaller batch_size or "
                "gan.critic_width, then repeat: the same command continues."
            ) from error


def usable_cores() -> int:
    """Processor cores that this process may use: OMP_NUM_THREADS, by which jobs share a machine, can lower them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(cores, int(threads)) if re.fullmatch("[1-9][0-9]*", threads) else cores


_reports: multiprocessing.Queue[Any]


def set_up_process(reports: multiprocessing.Queue[Any], threads: int) -> None:
    """Prepare a training's process: its share of the cores, and memory that is kept rather than given back."""
    global _reports
    _reports = reports
    torch.set_num_threads(threads)
    threading.Thread(target=end_with_parent, daemon=True).start()
    if sys.platform == "linux":
        keep_memory()


def end_with_parent() -> None:
    """End this process when the one that started it has ended, however that came."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def keep_memory() -> None:
    """Have glibc serve large blocks from its heap and keep the heap: 5 to 10% of a step on the CPU."""
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(mmap_max, 0)
        library.mallopt(trim_threshold, 2**31 - 1)


def train_pickled(job: bytes) -> None:
    """Train one job's GAN in this process."""
    train(pickle.loads(job))


def train(job: Job) -> None:
    """Train one job's GAN in this process."""

    def report(step: int, metrics: dict[str, float]) -> None:
        _reports.put((job.name, step, metrics))

    with job.tracking.run(job.folder.parent.parent, **job.tracked) as run:
        logger = WandbLogger(experiment=run) if run is not None else None
        job.training.fit(job.gan, job.data, job.folder, report=report, logger=logger, validation=job.validation)


class Display(Progress):
    """Progress bars with generator steps, time left and losses; plain lines where the output is no terminal."""

    def __init__(self, names: Sequence[str], generator_steps: int) -> None:
        self.generator_steps = generator_steps
        self.tenths = dict.fromkeys(names, 0)
        console = Console(stderr=True)
        whole = Column(no_wrap=True)  # narrow terminals cut the bar, not the words
        columns = (
            TextColumn("{task.description}", table_column=whole),
            BarColumn(bar_width=12),
            MofNCompleteColumn(table_column=whole),
            TimeRemainingColumn(table_column=whole),
            TextColumn("{task.fields[losses]}", table_column=whole),
        )
        super().__init__(*columns, console=console, disable=not console.is_terminal, speed_estimate_period=120)
        if console.is_terminal:
            console.print("Training a GAN for each class: generator steps, time left, losses")
        self.bars: dict[str, TaskID] = {name: self.add_task(name, total=generator_steps, losses="") for name in names}

    def show(self, name: str, step: int, metrics: Mapping[str, float]) -> None:
        """Show how far a training is."""
        losses = ", ".join(
            f"{network} {metrics[f'train/{network}_loss']:.2f}"
            for network in ("critic", "generator")
            if f"train/{network}_loss" in metrics
        )
        self.update(self.bars[name], completed=step, losses=losses)
        tenth = 10 * step // self.generator_steps
        if self.disable and tenth > self.tenths[name]:
            self.console.print(
                ", ".join([f"GAN {name}: {step} of {self.generator_steps} generator steps", *filter(None, [losses])]),
                soft_wrap=True,
            )
        self.tenths[name] = tenth
