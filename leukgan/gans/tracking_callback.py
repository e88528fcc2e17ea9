"""What a training tells its tracker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer

from leukgan.gans.accelerators import distributed
from leukgan.gans.callbacks import MetricsFile, Speed, generator_step
from leukgan.gans.validation import ValidationKID
from leukgan.tracking.stages import Entry, Picture, TrackedRun


class Tracked(Callback):
    """One row a generator step, of all that the callbacks before this one have found in it, and the checkpoints.

    The first process alone has a run, which lasts as long as the training. A step's row is whole once, when the next
    step starts or the epoch has ended: what a tracker gets twice for a step it may leave out. A continued training
    starts with the row of its checkpoint, which a kill may have cost.

    Args:
        open_run: Opens the tracker's.
        folder: Of the training, with its pictures.
        metrics: Losses and the like.
        speed: Images a second.
        validation: The distance to validation images, where it is measured.
    """

    def __init__(
        self,
        open_run: Callable[[], AbstractContextManager[TrackedRun]],
        folder: Path,
        metrics: MetricsFile,
        speed: Speed,
        validation: ValidationKID | None,
    ) -> None:
        self.open_run = open_run
        self.opened = ExitStack()
        self.run = TrackedRun()  # which keeps nothing
        self.folder = folder
        self.sources: dict[str, MetricsFile | Speed | ValidationKID] = {"": metrics, "train/": speed}
        if validation is not None:
            self.sources["val/"] = validation
        self.told = 0  # generator steps up to which all is told

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if distributed.rank() == 0:
            self.run = self.opened.enter_context(self.open_run())

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.told = generator_step(pl_module) - 1
        self.tell(pl_module, self.pictures(pl_module))

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        self.tell(pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.tell(pl_module, self.pictures(pl_module))

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self.tell(pl_module)
        self.opened.__exit__(type(exception), exception, exception.__traceback__)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        checkpoints = {name: self.folder / name for name in ("best.ckpt", "last.ckpt")}
        self.run.keep("model", {name: path for name, path in checkpoints.items() if path.exists()})
        self.opened.close()

    def pictures(self, pl_module: LightningModule) -> dict[str, Picture]:
        """The pictures that the step has left."""
        files = {
            "samples": f"samples/step_{generator_step(pl_module):06d}.png",
            "interpolation": "interpolation.png",
            "codes": "codes.png",
        }
        return {name: self.folder / file for name, file in files.items() if (self.folder / file).exists()}

    def tell(self, pl_module: LightningModule, pictures: Mapping[str, Picture] | None = None) -> None:
        """Tell what the step has left, once."""
        step = generator_step(pl_module)
        found = {
            prefix + name: value
            for prefix, source in self.sources.items()
            for row in source.rows[-1:]
            if row["generator_step"] == step
            for name, value in row.items()
            if name != "generator_step"
        }
        if step > self.told and (found or pictures):
            self.run.log(Entry(step=step, values=found, pictures=pictures or {}))
            self.told = step
