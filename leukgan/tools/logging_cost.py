"""What Weights & Biases, offline, costs a training at 64 pixels and width 16, as docs/tracking.md tells."""

import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from leukgan.data.datamodule import CellData
from leukgan.data.sources.smears import render_smears
from leukgan.data.split import Split, split_images
from leukgan.gans import WGANGP, Training
from leukgan.tracking.stages import CSVOnly, Stage, TrackedRun, Tracking
from leukgan.tracking.weights_and_biases import WeightsAndBiases

STAGE = Stage(key="gan", name="cost-gan", group="cost", job_type="gan", config={}, tags=())
PARTS = ("held up", "other threads", "service")  # of the cost


class _Timed(TrackedRun):
    """A run that adds up the seconds in which it holds up the training."""

    def __init__(self, run: TrackedRun) -> None:
        self.run = run
        self.seconds = 0.0

    def log(self, *arguments: Any, **named: Any) -> None:
        start = time.perf_counter()
        self.run.log(*arguments, **named)
        self.seconds += time.perf_counter() - start


def main(pairs: int = 4, steps: int = 100) -> None:
    """Train with csv files only and with Weights & Biases in turns; write the seconds of each and what differs."""
    split = split_images(render_smears(image_size=64, count=100, seed=0), index=0, seed=0, test_fraction=0.2)
    arms: dict[str, Tracking] = {"csv": CSVOnly(), "wandb": WeightsAndBiases()}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in arms}
    for pair in range(-1, pairs):  # the first pair warms up
        for name in sorted(arms, reverse=pair % 2 == 0):
            with TemporaryDirectory() as folder:
                seconds = _train(arms[name], Path(folder), split, steps if pair >= 0 else 10)
            found[name] += [seconds] if pair >= 0 else []
            sys.stdout.write(f"{name:6}" + "".join(f"  {key} {value:7.3f} s" for key, value in seconds.items()) + "\n")

    for name, blocks in found.items():
        shares = [sum(block[part] for part in PARTS) / block["processor"] for block in blocks]
        mean, low, high = np.mean(shares), min(shares), max(shares)
        sys.stdout.write(f"{name}: {', '.join(PARTS)}, of the training: {mean:.2%}, {low:.2%} to {high:.2%}\n")
    for key in ("wall", "processor"):
        ratios = [tracked[key] / plain[key] - 1 for plain, tracked in zip(found["csv"], found["wandb"], strict=True)]
        error = np.std(ratios, ddof=1) / np.sqrt(len(ratios))
        sys.stdout.write(f"{key} with wandb against csv only: {np.mean(ratios):+.2%} ± {error:.2%} (standard error)\n")


def _train(tracking: Tracking, folder: Path, split: Split, steps: int) -> dict[str, float]:
    """Wall and processor seconds of some generator steps, and those that the tracker takes of them."""
    data = CellData(split, label=0, batch_size=32, generator_steps=steps, steps_per_epoch=100)
    gan = WGANGP(image_size=64, critic_width=16, generator_width=64)
    with tracking.run(folder / "wandb", STAGE) as run:
        timed, service = _Timed(run), _service_seconds()
        clocks = (time.perf_counter, time.process_time, time.thread_time)
        starts = [clock() for clock in clocks]
        Training(accelerator="cpu").fit(
            gan, data, folder, progress=lambda step, metrics: None, open_run=lambda: nullcontext(timed)
        )
        wall, processor, own = (clock() - start for clock, start in zip(clocks, starts, strict=True))
        service = _service_seconds() - service
    costs = dict(zip(PARTS, (timed.seconds, processor - own, service), strict=True))
    return {"wall": wall, "processor": processor, **costs}


def _service_seconds() -> float:
    """Processor seconds of Weights & Biases' processes that this one has started."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:  # the process has ended
            continue
        if name.startswith("wandb") and rest.split()[1] == str(os.getpid()):
            ticks += sum(map(int, rest.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
