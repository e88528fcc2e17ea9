"""What a training leaves behind while it runs: metrics, pictures, checkpoints and its progress."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, Timer
from numpy.typing import NDArray

from leukgan.errors import TrainingDiverged
from leukgan.gans.accelerators import distributed, xla
from leukgan.gans.accelerators.adapt import fetch_scalars
from leukgan.gans.gan import GAN
from leukgan.run_folder.digests import place_with_digest
from leukgan.run_folder.files import read_rows, write_atomic

KID = "val/kid"  # the distance to validation images, among the metrics that callbacks look at

Progress = Callable[[int, dict[str, float]], None]  # generator steps done, latest metrics


class RowsFile(Callback):
    """Writes rows, one a measured generator step, to a csv file; they travel in the checkpoint."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, float]] = []

    def add_row(self, step: int, values: dict[str, float]) -> None:
        """Add a generator step's values; the first process writes the file."""
        self.rows.append({"generator_step": step, **values})
        if distributed.rank() == 0:
            write_atomic(self.path, pd.DataFrame(self.rows).to_csv(index=False))

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = state_dict["rows"]


class MetricsFile(RowsFile):
    """Writes every logged metric, and the latest values of what the user's callbacks log (`further`).

    Lightning hands out the last value of each metric, so that a penalty which only some steps have would be repeated in
    rows of others; these rows go without.
    """

    def __init__(self, path: Path, further: Mapping[str, float] = {}) -> None:
        super().__init__(path)
        self.further = further

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        assert isinstance(pl_module, GAN)
        if step := logged_step(trainer, pl_module):
            stale = () if pl_module.penalised else pl_module.penalty_metrics
            metrics = {**self.further, **latest_metrics(trainer)}
            self.add_row(step, {name: metrics[name] for name in metrics if name.rpartition("/")[2] not in stale})


class Speed(Callback):
    """Real images per second that the critic sees, in a csv file of its own, as metrics.csv repeats to the byte."""

    def __init__(self, path: Path, images_per_step: int) -> None:
        self.path = path
        self.images_per_step = images_per_step
        self.seconds: list[float] = []
        self.rows: list[dict[str, float]] = []

    def on_train_batch_start(self, *_: Any) -> None:
        self.start = time.perf_counter()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        self.seconds.append(time.perf_counter() - self.start)
        step = logged_step(trainer, pl_module)
        if not step:
            return

        speed = self.images_per_step * len(self.seconds) / sum(self.seconds)
        self.seconds.clear()
        self.rows.append({"generator_step": step, "images_per_second": round(speed, 1)})
        if pl_module.device.type == "xla":
            self.rows[-1]["compiles"] = xla.count_compiles()

        # A clock's rows stay out of the checkpoint, which repeats: a continued training reads those before it.
        if distributed.rank() == 0:
            row = pd.DataFrame(self.rows[-1:])
            if self.path.exists():
                before = read_rows(self.path)
                row = pd.concat([before[before["generator_step"] < step], row])
            write_atomic(self.path, row.to_csv(index=False))


class HeldOut(Callback):
    """Logs the critic's loss and its parts on held-out real images, computed as on training images.

    Logged as val/<name> beside train/<name>, against the same number of the trained generator's images; a growing gap
    between the two shows a critic that has memorised its training images.

    Args:
        images: Held-out images of the GAN's class, with their turned copies, uint8 (N, 3, H, W).
        labels: Their labels (N,).
        batch_size: Images drawn from them each time, over all processes.
    """

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.int64], batch_size: int) -> None:
        self.images = torch.from_numpy(images)
        self.labels = torch.from_numpy(labels)
        self.batch_size = batch_size

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        assert isinstance(pl_module, GAN)
        if step := logged_step(trainer, pl_module):
            source = torch.Generator().manual_seed(step)  # the same in all processes
            chosen = distributed.local_shard(torch.randint(len(self.images), (self.batch_size,), generator=source))
            real, labels = (part[chosen].to(pl_module.device) for part in (self.images, self.labels))
            precision, randomness = trainer.precision_plugin.train_step_context(), pl_module.randomness
            with precision, randomness.drawn(pl_module.device):
                metrics = pl_module.critic_metrics(real, labels)
            pl_module.log_dict({f"val/{name}": value for name, value in fetch_scalars(metrics).items()})


class Divergence(Callback):
    """Ends a training with a metric or weight that is not finite, or with scores too far apart.

    A critic of slope one, which the gradient penalty asks for, can't score two images further apart than they are, at
    most the diagonal of [-1, 1]^(3 H W). Beyond ten times that it no longer measures a distance; up to one and a half
    times are seen while a training settles.
    """

    SLACK = 10

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        step = logged_step(trainer, pl_module)
        if not step:
            return

        metrics = latest_metrics(trainer)
        for name, value in metrics.items():
            if not math.isfinite(value):
                raise divergence(step, f"{name} is {value}")

        limit = self.SLACK * 2 * math.sqrt(3) * pl_module.hparams["image_size"]
        lead = abs(metrics["train/real_score"] - metrics["train/fake_score"])
        if lead > limit:
            why = f"the critic's scores of real and fake images are {lead:.3g} apart, more than {limit:.3g}"
            raise divergence(step, why)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not torch.stack([value.isfinite().all() for value in pl_module.state_dict().values()]).all():
            raise divergence(generator_step(pl_module), "a weight is no number")


class LastCheckpoint(Checkpoint):
    """Writes the checkpoint of the last epoch, whole or not at all, without a path in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        write_checkpoint(trainer, self.path)


class ProgressReport(Callback):
    """Calls `progress` from the first process at the start, every ten generator steps and at the end.

    With a timer, the metric `seconds` is the training's time so far.
    """

    def __init__(self, progress: Progress, timer: Timer | None) -> None:
        self.progress = progress
        self.timer = timer

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.report(pl_module, {})

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if generator_step(pl_module) % 10 == 0:
            self.report(pl_module, latest_metrics(trainer))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.report(pl_module, latest_metrics(trainer))

    def report(self, pl_module: LightningModule, metrics: dict[str, float]) -> None:
        if distributed.rank() == 0:
            seconds = {"seconds": self.timer.time_elapsed()} if self.timer is not None else {}
            self.progress(generator_step(pl_module), metrics | seconds)


def divergence(step: int, why: str) -> TrainingDiverged:
    """The error that says when and why."""
    return TrainingDiverged(f"the training diverged: at generator step {step}, {why}; take lower learning rates.")


def write_checkpoint(trainer: Trainer, path: Path) -> None:
    """Write the training's checkpoint whole or not at all, with its digest; all processes call this at once."""
    aside = path.with_name(f".{path.name}.part")
    try:
        trainer.save_checkpoint(aside)  # by the first process, while the others wait
        if distributed.rank() == 0:
            place_with_digest(aside, path)
    finally:
        if distributed.rank() == 0:
            aside.unlink(missing_ok=True)


def generator_step(module: LightningModule) -> int:
    """Generator steps that a GAN has done."""
    assert isinstance(module, GAN)
    return module.generator_step


def logged_step(trainer: Trainer, module: LightningModule) -> int | None:
    """Generator steps that a GAN has done, if the last one's metrics are logged."""
    step, every = generator_step(module), trainer.log_every_n_steps  # type: ignore[attr-defined]
    return step if every and step % every == 0 else None


def latest_metrics(trainer: Trainer) -> dict[str, float]:
    """The metrics of the last logged step; kid.csv has the distance to validation images, which is older."""
    return {name: float(value) for name, value in trainer.callback_metrics.items() if name != KID}
