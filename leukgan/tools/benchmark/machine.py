"""What the machine gives: its best rate of convolutions, and the memory that a step takes of it."""

import multiprocessing
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

import torch
from torch.nn import functional as F

from leukgan.memory import keep_memory
from leukgan.tools.benchmark.settings import BenchmarkSettings, Case
from leukgan.tools.benchmark.steps import our_step, random_batch

# Input channels, output channels, height and width, kernel, stride: blocks of the study's networks at full width, which
# are the rate's fair measure, and a square one, which libraries are best at.
SHAPES = ((64, 128, 35, 5, 2), (128, 256, 19, 5, 2), (256, 512, 11, 5, 2), (256, 128, 10, 3, 1), (256, 256, 18, 3, 1))
IMAGES = {"cpu": 32, "cuda": 1024}  # a GPU needs more of them to be busy
ATTEMPTS = 5
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@cache
@torch.no_grad()
def best_convolution_rate(device: str, precision: str) -> float:
    """GFLOP/s of the fastest convolution, the best of several attempts, since others may use the machine too."""
    best = 0.0
    for inputs, outputs, size, kernel, stride in SHAPES:
        images = torch.randn(IMAGES[device], inputs, size, size, device=device, dtype=DTYPES[precision])
        weight = torch.randn(outputs, inputs, kernel, kernel, device=device, dtype=DTYPES[precision])
        images, weight = (tensor.contiguous(memory_format=torch.channels_last) for tensor in (images, weight))

        gflop = 2e-9 * F.conv2d(images, weight, stride=stride).numel() * inputs * kernel**2
        run = partial(F.conv2d, images, weight, stride=stride)
        calls = 10 if device == "cuda" else 1  # a GPU isn't to be measured by its launches
        best = max(best, *(gflop / seconds_of(run, device, calls) for _ in range(ATTEMPTS)))
    return best


def seconds_of(work: Callable[[], object], device: str, calls: int = 1) -> float:
    """Mean time of some calls in a row, until the last kernel of a GPU has ended."""
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    wait()
    start = time.perf_counter()
    for _ in range(calls):
        work()
    wait()
    return (time.perf_counter() - start) / calls


def prepare_process(threads: int | None) -> None:
    """Give this process its threads and, as in training, memory that is kept rather than given back."""
    if threads is not None:
        torch.set_num_threads(threads)
    keep_memory()


def peak_resident_mebibytes(settings: BenchmarkSettings, case: Case) -> float | None:
    """Largest resident set, in MiB, of a fresh process that trains two steps on the CPU; None on Windows."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=prepare_process, initargs=(torch.get_num_threads(),)) as pool:
        return pool.submit(_resident_after_two_steps, settings, case).result()


def _resident_after_two_steps(settings: BenchmarkSettings, case: Case) -> float | None:
    gan = settings.build_gan(case)
    step = our_step(gan, random_batch(gan, settings.batch_size), case.precision)
    for _ in range(2):
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
