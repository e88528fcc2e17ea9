"""A training's metrics, pictures and checkpoints on their way to the tracker."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers.logger import DummyLogger

from leukgan.gans.accelerators import distributed
from leukgan.gans.callbacks import KID, MetricsFile, Speed, generator_step
from leukgan.gans.validation import ValidationKID
from leukgan.run_folder.paths import GANFolder
from leukgan.tracking.stages import Entry, Picture, TrackedRun


class CallbackLogger(DummyLogger):
    """What callbacks log in a study's training: a logger of Lightning whose values the study's own files take."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.latest: dict[str, float] = {}  # value of each name

    @property
    def save_dir(self) -> str:
        return str(self.folder)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self.latest |= {name: float(value) for name, value in metrics.items() if name != "epoch"}


class Tracked(Callback):
    """Sends one row per generator step, of everything the callbacks before this one found in it, and the checkpoints.

    Only the first process has a run, which lasts as long as the training. A row is sent once it is complete, as the
    next step starts or the epoch has ended, because a tracker may ignore a second row of the same step. A continued
    training starts with the row of its checkpoint, which a kill may have lost.

    Rows are taken of the callbacks in `sources`, by the prefix that their columns get.
    """

    def __init__(
        self,
        open_run: Callable[[], AbstractContextManager[TrackedRun]],
        folder: GANFolder,
        sources: Mapping[str, MetricsFile | Speed | ValidationKID],
    ) -> None:
        self.open_run = open_run
        self.opened = ExitStack()
        self.run = TrackedRun()  # keeps nothing
        self.folder = folder
        self.sources = sources
        self.sent = 0  # generator steps up to which all rows are sent

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if distributed.rank() == 0:
            self.run = self.opened.enter_context(self.open_run())

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.sent = generator_step(pl_module) - 1
        self.send(pl_module, self.pictures(pl_module))

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        self.send(pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.send(pl_module, self.pictures(pl_module))

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self.send(pl_module)
        self.opened.__exit__(type(exception), exception, exception.__traceback__)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        checkpoints = (self.folder.best_checkpoint, self.folder.last_checkpoint)
        self.run.keep("model", {path.name: path for path in checkpoints if path.exists()})
        self.opened.close()

    def pictures(self, pl_module: LightningModule) -> dict[str, Picture]:
        """The pictures that exist after this step, by name."""
        files = {
            "samples": self.folder.sample(generator_step(pl_module)),
            "interpolation": self.folder.interpolation,
            "codes": self.folder.codes,
        }
        return {name: path for name, path in files.items() if path.exists()}

    def send(self, pl_module: LightningModule, pictures: Mapping[str, Picture] | None = None) -> None:
        """Send the step's metrics and pictures, once."""
        step = generator_step(pl_module)
        row_of_step = {
            prefix + name: value
            for prefix, source in self.sources.items()
            for row in source.rows[-1:]
            if row["generator_step"] == step
            for name, value in row.items()
            if name != "generator_step"
        }
        kid = next((value for name, value in row_of_step.items() if name.startswith("val/kid_")), None)
        if kid is not None:
            row_of_step[KID] = kid  # whatever the features: the name of a sweep's objective

        if step > self.sent and (row_of_step or pictures):
            self.run.log(Entry(step=step, values=row_of_step, pictures=pictures or {}))
            self.sent = step
