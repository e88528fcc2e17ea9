"""The most memory that our step takes."""

from __future__ import annotations

import multiprocessing
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from leukgan.gans.worker import keep_memory
from leukgan.tools.benchmark.cases import Case
from leukgan.tools.benchmark.settings import Benchmark
from leukgan.tools.benchmark.steps import batch_of, our_step


def prepare_process(threads: int | None) -> None:
    """Give this process its threads and, as in training, memory that is kept rather than given back."""
    if threads is not None:
        torch.set_num_threads(threads)
    if sys.platform == "linux":
        keep_memory()


def peak_resident_mebibytes(benchmark: Benchmark, case: Case) -> float | None:
    """Largest resident set, in MiB, of a fresh process that trains two steps on the CPU; None where it isn't told."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=prepare_process, initargs=(torch.get_num_threads(),)) as pool:
        return pool.submit(resident_after_steps, benchmark, case).result()


def resident_after_steps(benchmark: Benchmark, case: Case, steps: int = 2) -> float | None:
    """Train some steps in this process and tell its largest resident set so far."""
    gan = benchmark.gan_of(case)
    step = our_step(gan, batch_of(gan, benchmark.batch_size), case.precision)
    for _ in range(steps):
        step()
    return largest_resident_set()


def largest_resident_set() -> float | None:
    """This process's, in MiB; None on Windows, which doesn't tell."""
    if sys.platform == "linux":
        # getrusage would also count the parent, which a process is until it becomes another program.
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return int(peak[1]) / 2**10 if peak else None
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return None
