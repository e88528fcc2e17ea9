"""Our step and the plain one, timed in turns."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch

from leukgan.gans.accelerators import cuda_graph
from leukgan.tools.benchmark.cases import Case
from leukgan.tools.benchmark.flops import needed_flops
from leukgan.tools.benchmark.memory import peak_resident_mebibytes
from leukgan.tools.benchmark.peak import best_convolution_rate, synchronise
from leukgan.tools.benchmark.plain import has_plain_step
from leukgan.tools.benchmark.settings import Benchmark
from leukgan.tools.benchmark.steps import batch_of, our_step, plain_step

WARM_UP = cuda_graph.WARM_UP + 1  # steps before the first that counts; on a GPU the last of them is the capture


@dataclass(frozen=True)
class Row:
    """What was measured of one case.

    Attributes:
        image_size: Height and width of the images.
        width: Channels of the critic's first block.
        batch_size: Real images for each critic update.
        precision: fp32 or bf16.
        device: cpu or cuda.
        milliseconds: Median time of a generator step.
        plain_milliseconds: The same of the plain step, always in fp32; None for a GAN that has no plain step.
        ratio: plain_milliseconds / milliseconds.
        images_per_second: Real images that the critic sees.
        gflop: 10^9 operations that a generator step needs in convolutions and linear layers, derivatives included.
        share_of_peak: Of the machine's best convolution rate in this precision.
        peak_mebibytes: Most memory: of a process that trains on the CPU, of all tensors on a GPU.
    """

    image_size: int
    width: int
    batch_size: int
    precision: str
    device: str
    milliseconds: float
    plain_milliseconds: float | None
    ratio: float | None
    images_per_second: float
    gflop: float
    share_of_peak: float
    peak_mebibytes: float | None


def measure(benchmark: Benchmark, case: Case, report: Callable[[str], None]) -> Row:
    """Measure one case.

    Args:
        benchmark: How.
        case: What.
        report: Called with a word on what is being done.
    """
    report(f"{case}: the machine's best rate")
    peak = best_convolution_rate(benchmark.device, case.precision)
    gc.collect()  # the case before must not count into this one's memory
    gan = benchmark.gan_of(case)
    gflop = needed_flops(gan, benchmark.batch_size) / 1e9
    batch = batch_of(gan, benchmark.batch_size)
    report(f"{case}: memory")
    mebibytes = peak_resident_mebibytes(benchmark, case) if benchmark.device == "cpu" else None
    steps = [our_step(gan, batch, case.precision)]
    if benchmark.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        warm_up(steps[0], benchmark.device)
        mebibytes = torch.cuda.max_memory_allocated() / 2**20  # before the plain networks take theirs
    if has_plain_step(gan):
        steps.append(plain_step(gan, batch))  # type: ignore[arg-type]
    milliseconds, *plain = medians(steps, benchmark, lambda done: report(f"{case}: {done} of {benchmark.repeats}"))
    seconds = milliseconds / 1000
    return Row(
        image_size=case.image_size,
        width=case.width,
        batch_size=benchmark.batch_size,
        precision=case.precision,
        device=benchmark.device,
        milliseconds=milliseconds,
        plain_milliseconds=plain[0] if plain else None,
        ratio=plain[0] / milliseconds if plain else None,
        images_per_second=len(batch) * benchmark.batch_size / seconds,
        gflop=gflop,
        share_of_peak=gflop / seconds / peak,
        peak_mebibytes=mebibytes,
    )


def medians(steps: list[Callable[[], object]], benchmark: Benchmark, report: Callable[[int], None]) -> list[float]:
    """Median milliseconds of each step; they take turns, so that what else the machine does hits them alike."""
    for step in steps:
        warm_up(step, benchmark.device)
    times: list[list[float]] = [[] for _ in steps]
    for done in range(benchmark.repeats):
        report(done)
        for step, taken in zip(steps, times, strict=True):
            taken.append(milliseconds_of(step, benchmark.device))
    return [median(taken) for taken in times]


def warm_up(step: Callable[[], object], device: str) -> None:
    """Do the steps that don't count."""
    for _ in range(WARM_UP):
        step()
    synchronise(device)


def milliseconds_of(step: Callable[[], object], device: str) -> float:
    """Time of one step, until its last kernel has ended."""
    synchronise(device)
    start = time.perf_counter()
    step()
    synchronise(device)
    return (time.perf_counter() - start) * 1000
