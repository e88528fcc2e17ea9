"""Our step and the plain one, timed in turns, and the rows of numbers that come of it."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import torch
from tabulate import tabulate

from leukgan.gans.accelerators import cuda_graph
from leukgan.presentation.console import Progress
from leukgan.tools.benchmark.machine import best_convolution_rate, peak_resident_mebibytes, seconds_of
from leukgan.tools.benchmark.plain import PlainWGANGP, has_plain_step
from leukgan.tools.benchmark.settings import BenchmarkSettings, Case
from leukgan.tools.benchmark.steps import needed_flops, our_step, random_batch

WARM_UP = cuda_graph.WARM_UP + 1  # steps before the first that counts; on a GPU the last of them is the capture
COLUMNS = ("case", "device", "ms", "images/s", "plain ms", "ratio", "GFLOP", "of peak", "peak MiB")


@dataclass(frozen=True)
class Row:
    """What was measured of one case."""

    image_size: int  # height and width of the images
    width: int  # channels of the critic's first block
    batch_size: int  # real images for each critic update
    precision: str  # fp32 or bf16
    device: str  # cpu or cuda
    milliseconds: float  # median time of a generator step
    plain_milliseconds: float | None  # the same of the plain step, always in fp32; None: the GAN has no plain step
    ratio: float | None  # plain_milliseconds / milliseconds
    images_per_second: float  # real images that the critic sees
    gflop: float  # 10^9 operations that a generator step needs in convolutions and linear layers, derivatives included
    share_of_peak: float  # of the machine's best convolution rate in this precision
    peak_mebibytes: float | None  # most memory: of a process that trains on the CPU, of all tensors on a GPU


def measure(settings: BenchmarkSettings, case: Case, progress: Progress) -> Row:
    """Measure one case."""
    device = settings.chosen_device
    progress(f"{case}: the machine's best rate")
    peak = best_convolution_rate(device, case.precision)

    gc.collect()  # the case before must not count into this one's memory
    gan = settings.build_gan(case)
    gflop = needed_flops(gan, settings.batch_size) / 1e9
    batch = random_batch(gan, settings.batch_size)

    progress(f"{case}: memory")
    mebibytes = peak_resident_mebibytes(settings, case) if device == "cpu" else None
    steps = [our_step(gan, batch, case.precision)]
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        seconds_of(steps[0], device, WARM_UP)
        mebibytes = torch.cuda.max_memory_allocated() / 2**20  # before the plain networks take theirs

    if has_plain_step(gan):
        plain_gan = PlainWGANGP(gan)  # type: ignore[arg-type]
        steps.append(lambda: plain_gan.step(batch))  # type: ignore[arg-type]
    milliseconds, *plain = medians(
        steps,
        device,
        settings.repeats,
        lambda done: progress(f"{case}: timed step {done + 1} of {settings.repeats}", done, settings.repeats),
    )
    seconds = milliseconds / 1000
    return Row(
        **case._asdict(),
        batch_size=settings.batch_size,
        device=device,
        milliseconds=milliseconds,
        plain_milliseconds=plain[0] if plain else None,
        ratio=plain[0] / milliseconds if plain else None,
        images_per_second=len(batch) * settings.batch_size / seconds,
        gflop=gflop,
        share_of_peak=gflop / seconds / peak,
        peak_mebibytes=mebibytes,
    )


def medians(
    steps: Sequence[Callable[[], object]], device: str, repeats: int, progress: Callable[[int], None]
) -> list[float]:
    """Median milliseconds of each step; they take turns, so that what else the machine does hits them alike."""
    for step in steps:
        seconds_of(step, device, WARM_UP)

    times: list[list[float]] = [[] for _ in steps]
    for done in range(repeats):
        progress(done)
        for step, taken in zip(steps, times, strict=True):
            taken.append(1000 * seconds_of(step, device))
    return [median(taken) for taken in times]


def text_of(rows: Sequence[Row]) -> str:
    """The rows as a table, a dash where there is nothing to measure."""
    cells = [
        (
            str(Case(row.image_size, row.width, row.precision)),
            row.device,
            f"{row.milliseconds:.1f}",
            f"{row.images_per_second:.0f}",
            "-" if row.plain_milliseconds is None else f"{row.plain_milliseconds:.1f}",
            "-" if row.ratio is None else f"{row.ratio:.2f}",
            f"{row.gflop:.3g}",
            f"{row.share_of_peak:.0%}",
            "-" if row.peak_mebibytes is None else f"{row.peak_mebibytes:.0f}",
        )
        for row in rows
    ]
    return tabulate(cells, COLUMNS, disable_numparse=True, colalign=("left", "left", *["right"] * 7))
