"""What Weights & Biases, offline, costs a training at 64 pixels and width 16; python tests/logging_cost.py tells it."""

from __future__ import annotations

import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from leukgan.data.datamodule import CellData
from leukgan.data.sources.smears import render_smears
from leukgan.data.split import split_images
from leukgan.gans import WGANGP, Training
from leukgan.tracking.stages import CSVOnly, Stage, TrackedRun, Tracking
from leukgan.tracking.weights_and_biases import WeightsAndBiases

STAGE = Stage(key="gan", name="cost-gan", group="cost", job_type="gan", config={}, tags=())


class Timed(TrackedRun):
    """A run that adds up the seconds in which it holds up the training."""

    def __init__(self, run: TrackedRun) -> None:
        self.run = run
        self.seconds = 0.0

    def log(self, *arguments, **named):
        start = time.perf_counter()
        self.run.log(*arguments, **named)
        self.seconds += time.perf_counter() - start


def service_seconds() -> float:
    """Processor seconds of Weights & Biases' processes that this one has started."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        if name.startswith("wandb") and rest.split()[1] == str(os.getpid()):
            ticks += sum(map(int, rest.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def block(tracking: Tracking, folder: Path, split, steps: int) -> dict[str, float]:
    """Train for some generator steps: wall and processor seconds, and those that the tracker takes of them."""
    data = CellData(split, label=0, batch_size=32, generator_steps=steps, steps_per_epoch=100)
    gan = WGANGP(image_size=64, critic_width=16, generator_width=64)
    with tracking.run(folder / "wandb", STAGE) as run:
        timed, service = Timed(run), service_seconds()
        wall, processor, trained = time.perf_counter(), time.process_time(), time.thread_time()
        Training(accelerator="cpu").fit(
            gan, data, folder, progress=lambda step, metrics: None, open_run=lambda: nullcontext(timed)
        )
        processor, trained = time.process_time() - processor, time.thread_time() - trained
        return {
            "wall": time.perf_counter() - wall,
            "processor": processor,
            "held up": timed.seconds,
            "other threads": processor - trained,
            "service": service_seconds() - service,
        }


def main(pairs: int = 4, steps: int = 100) -> None:
    write = sys.stdout.write
    split = split_images(render_smears(image_size=64, count=100, seed=0), index=0, seed=0, test_fraction=0.2)
    found: dict[str, list[dict[str, float]]] = {"csv": [], "wandb": []}
    arms: dict[str, Tracking] = {"csv": CSVOnly(), "wandb": WeightsAndBiases()}
    for pair in range(-1, pairs):  # the first pair warms up
        for name in ("csv", "wandb") if pair % 2 else ("wandb", "csv"):
            with TemporaryDirectory() as folder:
                seconds = block(arms[name], Path(folder), split, steps if pair >= 0 else 10)
            found[name] += [seconds] if pair >= 0 else []
            write(f"{name:6}" + "".join(f"  {key} {value:7.3f} s" for key, value in seconds.items()) + "\n")
    tracked = found["wandb"]
    parts = ("held up", "other threads", "service")
    for name, blocks in found.items():
        share = [sum(one[part] for part in parts) / one["processor"] for one in blocks]
        write(
            f"{name}: {', '.join(parts)}, of the training: {np.mean(share):.2%}, {min(share):.2%} to {max(share):.2%}\n"
        )
    for key in ("wall", "processor"):
        ratio = [b[key] / a[key] - 1 for a, b in zip(found["csv"], tracked, strict=True)]
        error = np.std(ratio, ddof=1) / np.sqrt(len(ratio))
        write(f"{key} with wandb against csv only: {np.mean(ratio):+.2%} ± {error:.2%} (standard error)\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
