"""What a step costs on two processes of one thread and on one process, in turns; python tests/processes_cost.py 10."""

from __future__ import annotations

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import torch
from two_processes import two_processes

from leukgan.gans import WGANGP
from leukgan.gans.accelerators import distributed
from leukgan.gans.accelerators.adapt import adapt_layers
from leukgan.gans.worker import keep_memory

made = []


def timed(threads: int, steps: int = 4) -> list[tuple[float, float]]:
    """Seconds, and processor seconds of this process, of some steps at 64 pixels, critic width 16, batch 32."""
    torch.set_num_threads(threads)
    if not made:
        keep_memory()
        gan = WGANGP(image_size=64, critic_width=16, generator_width=64)
        adapt_layers(gan, gan.device)
        batch = [distributed.local_shard(torch.randint(256, (32, 3, 64, 64), dtype=torch.uint8)) for _ in range(5)]
        made.append(partial(gan.step, batch, *gan.configure_optimizers()))
        made[0]()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter(), time.process_time()
        made[0]()
        seconds.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return seconds


def main(rounds: int) -> None:
    least: dict[str, tuple[float, float]] = {}
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as one, two_processes() as both:
        for _ in range(rounds):
            runs = {
                "one process, one thread": [one.submit(timed, 1).result()],
                "one process, two threads": [one.submit(timed, 2).result()],
                "two processes, one thread each": both(timed, 1),
            }
            for name, ranks in runs.items():
                found = [(max(w for w, _ in step), sum(p for _, p in step)) for step in zip(*ranks, strict=True)]
                least[name] = tuple(map(min, *found, least.get(name, found[0])))
    for name, (wall, processor) in least.items():
        sys.stdout.write(f"{name}: {1000 * wall:.0f} ms, {1000 * processor:.0f} ms of processor time\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
