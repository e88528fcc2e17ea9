"""What a training leaves behind while it runs: metrics, sample grids and a word on how far it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.loggers import WandbLogger
from numpy.typing import NDArray

from leukgan.data.images import png_bytes
from leukgan.gans.base import GAN
from leukgan.runs import write_atomic

Report = Callable[[int, dict[str, float]], None]  # generator steps done, latest metrics


def image_grid(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Images uint8 (N, 3, H, W), N a multiple of `columns`, side by side, row by row, as one (3, H', W')."""
    count, channels, height, width = images.shape
    rows = images.reshape(count // columns, columns, channels, height, width)
    return rows.transpose(2, 0, 3, 1, 4).reshape(channels, -1, columns * width)


class MetricsFile(Callback):
    """Every logged metric by generator step in a csv file; the rows travel in the checkpoint."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, float]] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        step = generator_step(pl_module)
        if step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self.rows.append({"generator_step": step, **latest_metrics(trainer)})
            write_atomic(self.path, pd.DataFrame(self.rows).to_csv(index=False))

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = state_dict["rows"]


class SampleGrids(Callback):
    """A grid of images from the same latents after each epoch."""

    def __init__(self, folder: Path, columns: int = 6) -> None:
        self.folder = folder
        self.columns = columns

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, GAN)
        path = self.folder / f"step_{generator_step(pl_module):06d}.png"
        write_atomic(path, png_bytes(image_grid(pl_module.sample(self.columns**2, seed=0), self.columns)))
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.log_image("samples", [str(path)])


class LastCheckpoint(Checkpoint):
    """The checkpoint of the last epoch, whole or absent, without a path in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        aside = self.path.with_name(f".{self.path.name}.part")
        try:
            trainer.save_checkpoint(aside)
            aside.replace(self.path)
        finally:
            aside.unlink(missing_ok=True)


class Progress(Callback):
    """Tells how far the training is, now and then."""

    def __init__(self, report: Report, every: int = 10) -> None:
        self.report = report
        self.every = every

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.report(generator_step(pl_module), {})

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        step = generator_step(pl_module)
        if step % self.every == 0:
            self.report(step, latest_metrics(trainer))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.report(generator_step(pl_module), latest_metrics(trainer))


def generator_step(module: LightningModule) -> int:
    """Generator steps that a GAN has done."""
    assert isinstance(module, GAN)
    return module.generator_step


def latest_metrics(trainer: Trainer) -> dict[str, float]:
    """The metrics of the last logged step."""
    return {name: float(value) for name, value in trainer.callback_metrics.items()}
