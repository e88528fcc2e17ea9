"""Lightning's loggers as loggers of a study: each stage is a run of theirs."""

import inspect
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger
from PIL import Image

from leukgan.errors import InputError
from leukgan.run_folder.lock import one_at_a_time
from leukgan.tracking.stages import Entry, Picture, Stage, TrackedRun, Tracking

PACKAGES = {  # one of which each logger writes with
    "TensorBoardLogger": ("tensorboardX", "tensorboard"),
    "MLFlowLogger": ("mlflow", "mlflow_skinny"),
    "CometLogger": ("comet_ml",),
    "LitLogger": ("litlogger",),
}


@dataclass(frozen=True, kw_only=True)
class LightningTracking(Tracking):
    """A logger of Lightning, or any class with its interface; made anew for each stage, in the stage's process.

    TensorBoard and Weights & Biases get numbers and pictures, the others numbers.

    Raises:
        InputError: The class does not take the arguments, or its package is not installed.
    """

    name: str  # its key in logger=, and the folder of its files
    constructor: Callable[..., Logger]
    arguments: Mapping[str, Any]  # besides the names of the stage

    def __post_init__(self) -> None:
        try:
            inspect.signature(self.constructor).bind_partial(**self.arguments)
        except TypeError as error:
            raise InputError(f"logger.{self.name}: {error}.") from error
        packages = PACKAGES.get(self.constructor.__name__, ())
        if packages and not any(find_spec(package) for package in packages):
            raise InputError(f"logger={self.name} needs a package; install it with: pip install {packages[0]}")

    @contextmanager
    def run(self, folder: Path, stage: Stage) -> Iterator[TrackedRun]:
        # One process makes MLflow's database and experiment, wherever they are; those of other GANs then find them.
        with one_at_a_time(Path(tempfile.gettempdir()) / f"leukgan-logger-{os.getuid()}.lock"):
            logger = self._open(folder, stage)
            logger.log_hyperparams(dict(stage.config))
        try:
            yield LightningRun(logger)
        except BaseException:
            logger.finalize("failed")
            raise
        logger.finalize("success")

    def _open(self, folder: Path, stage: Stage) -> Logger:
        """The logger of a stage, called as the stage where its class takes a name."""
        names = {
            "save_dir": str(folder.resolve() / self.name),
            "name": stage.name.replace("/", "-"),
            "experiment_name": stage.group,
            "run_name": stage.name,
        }
        taken = inspect.signature(self.constructor).parameters
        given = {key: value for key, value in names.items() if key in taken} | dict(self.arguments)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*tensorboardX.*")  # either writer does
            return self.constructor(**given)


@dataclass(frozen=True)
class LightningRun(TrackedRun):
    """A stage's run in one of Lightning's loggers."""

    logger: Logger

    def log(self, entry: Entry) -> None:
        if entry.values:
            self.logger.log_metrics(dict(entry.values), entry.step)
        for name, picture in entry.pictures.items():
            pixels = pixels_of(picture)
            if isinstance(self.logger, TensorBoardLogger):
                self.logger.experiment.add_image(name, pixels, entry.step, dataformats="HWC")
            elif isinstance(self.logger, WandbLogger):
                self.logger.log_image(name, [pixels], entry.step)
        self.logger.save()


def pixels_of(picture: Picture) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A picture as uint8 (H, W, 3)."""
    if isinstance(picture, Path):
        return np.asarray(Image.open(picture).convert("RGB"))
    return np.moveaxis(picture, 0, 2)
