"""How and where a GAN is trained: one place that knows Lightning's Trainer."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import lightning
import torch

from leukgan.data.datamodule import CellData
from leukgan.errors import InputError
from leukgan.gans import processes
from leukgan.gans.base import GAN
from leukgan.gans.callbacks import (
    Divergence,
    HeldOut,
    LastCheckpoint,
    MetricsFile,
    Pictures,
    Progress,
    Report,
    Speed,
)
from leukgan.gans.tracked import Tracked
from leukgan.gans.validation import ValidationKID
from leukgan.tracking import TrackedRun

PRECISIONS = ("auto", "32-true", "bf16-mixed")
HALF_PRECISIONS = ("16", "16-mixed", "16-true", "fp16", "float16")


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a GAN is trained.

    Attributes:
        accelerator: Lightning's: auto (the best device of the machine), cpu or gpu.
        precision: 32-true, bf16-mixed, or auto: bf16-mixed where the device computes it natively, else 32-true.
        log_every: Generator steps between two logged metrics.
        devices: Processes that share the training of one GAN, on the CPU or each on a GPU of its own: as one process
            alone would train it. `train_side_by_side` starts them.
    """

    accelerator: str = "auto"
    precision: str = "32-true"
    log_every: int = 50
    devices: int = 1

    def __post_init__(self) -> None:
        if self.log_every < 1:
            raise InputError(f"trainer.log_every must be at least 1, got {self.log_every}; the default is 50.")
        if str(self.precision) in HALF_PRECISIONS:
            raise InputError(
                f"trainer.precision={self.precision} is refused: the gradient penalty squares gradients, which leave "
                "float16's range in both directions; take bf16-mixed or 32-true."
            )
        if self.precision not in PRECISIONS:
            raise InputError(f"trainer.precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}.")
        if self.accelerator not in ("auto", "cpu", "gpu"):
            raise InputError(f"trainer.accelerator must be auto, cpu or gpu, got {self.accelerator!r}.")
        if self.accelerator == "gpu" and not torch.cuda.is_available():
            raise InputError(
                "trainer=gpu asks for a GPU and this machine has none that torch can use; take trainer=cpu."
            )
        if self.devices < 1:
            raise InputError(f"trainer.devices must be at least 1, got {self.devices}.")
        if self.device == "cuda" and self.devices > max(torch.cuda.device_count(), 1):
            raise InputError(
                f"trainer.devices={self.devices} asks for a GPU each and this machine has {torch.cuda.device_count()} "
                "that torch can use; take fewer, or trainer.accelerator=cpu."
            )

    @property
    def device(self) -> str:
        """The device that `accelerator` means on this machine: cpu or cuda."""
        return "cuda" if self.accelerator != "cpu" and torch.cuda.is_available() else "cpu"

    @property
    def resolved_precision(self) -> str:
        """What `precision` means on this machine."""
        if self.precision != "auto":
            return self.precision
        native = (
            torch.cuda.is_bf16_supported() if self.device == "cuda" else torch.ops.mkldnn._is_mkldnn_bf16_supported()
        )
        return "bf16-mixed" if native else "32-true"

    def fit(
        self,
        gan: GAN,
        data: CellData,
        folder: Path,
        *,
        report: Report,
        run: TrackedRun | None = None,
        validation: ValidationKID | None = None,
    ) -> Path:
        """Train a GAN, or continue the training that `folder` holds, and return its checkpoint's path.

        Leaves last.ckpt, metrics.csv, samples/*.png and other pictures in `folder`, and renews them after each epoch.

        Args:
            gan: The untrained GAN.
            data: Its batches, which know how many generator steps there are.
            folder: Of this training.
            report: Called now and then with the generator steps done and the latest metrics.
            run: The tracker's, which gets all of it too.
            validation: Measures the distance to validation images and keeps the best checkpoint.

        Raises:
            InputError: `folder` holds a training on other images or with batches in another order, or the batches are
                not those of this GAN.
            DivergedError: The training has gone astray.
        """
        if data.order["n_critic"] != gan.hparams["n_critic"]:
            raise InputError(
                f"gan.n_critic is {gan.hparams['n_critic']} and a step has {data.order['n_critic']} real batches; "
                "they must be as many."
            )
        if data.conditional != (gan.classes > 0):
            raise InputError(
                "a class-conditional GAN learns from both classes and any other from one: gan.conditional is "
                f"{gan.classes > 0} and the batches {'have' if data.conditional else 'lack'} labels."
            )
        if processes.world_size() != self.devices:
            raise ValueError(f"a training on {self.devices} processes is for train_side_by_side, which starts them")
        first = processes.rank() == 0
        logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
        checkpoint = folder / "last.ckpt"
        held_out = data.held_out
        steps, steps_per_epoch = data.order["generator_steps"], data.order["steps_per_epoch"]
        metrics = MetricsFile(folder / "metrics.csv")
        speed = Speed(folder / "speed.csv", images_per_step=data.order["n_critic"] * data.order["batch_size"])
        trainer = lightning.Trainer(
            accelerator=self.device,
            devices=self.devices,
            strategy=processes.strategy(),
            plugins=processes.environment(),
            precision=self.resolved_precision,  # type: ignore[arg-type]
            benchmark=self.device == "cuda",
            max_epochs=-(-steps // steps_per_epoch),
            log_every_n_steps=min(self.log_every, steps),
            logger=False,
            callbacks=[
                *([HeldOut(*data.turned(held_out), data.order["batch_size"])] if len(held_out) else []),
                metrics,
                Divergence(),
                *([speed, Pictures(folder)] if first else []),
                *([validation] if validation is not None else []),
                *([Tracked(run, folder, metrics, speed, validation)] if first and run is not None else []),
                *([Progress(report)] if first else []),
                LastCheckpoint(checkpoint),
            ],
            use_distributed_sampler=False,  # the data shares each batch among the processes
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        with warnings.catch_warnings():
            # One index_select on one tensor is faster in this process than in workers.
            warnings.filterwarnings("ignore", ".*does not have many workers.*")
            warnings.filterwarnings("ignore", ".*number of training batches.*")
            # The averaged generator stays in evaluation mode on purpose.
            warnings.filterwarnings("ignore", ".*module\\(s\\) in eval mode.*")
            # Where there is SLURM, its jobs are made by launcher=slurm.
            warnings.filterwarnings("ignore", ".*`srun` command is available.*")
            trainer.fit(gan, data, ckpt_path=checkpoint if checkpoint.exists() else None, weights_only=True)
        return checkpoint
