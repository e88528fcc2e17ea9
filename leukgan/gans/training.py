"""How and where a GAN is trained: one place that knows Lightning's Trainer."""

import logging
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Timer
from lightning.pytorch.callbacks.timer import Interval

from leukgan.data.batches import check_share
from leukgan.data.datamodule import CellData
from leukgan.errors import InputError
from leukgan.gans.accelerators import distributed, xla
from leukgan.gans.callbacks import (
    Divergence,
    HeldOut,
    LastCheckpoint,
    MetricsFile,
    Progress,
    ProgressReport,
    Speed,
)
from leukgan.gans.checkpoints import training_images
from leukgan.gans.few_images import GROUP
from leukgan.gans.gan import GAN
from leukgan.gans.pictures import Pictures
from leukgan.gans.registry import check_registered
from leukgan.gans.tracking_callback import CallbackLogger, Tracked
from leukgan.gans.trainer_arguments import TrainerExtras, check_precision, explain_lightning
from leukgan.gans.validation import ValidationKID
from leukgan.run_folder.digests import check_digest
from leukgan.run_folder.paths import CACHE, GANFolder
from leukgan.tracking.stages import TrackedRun

PRECISIONS = ("auto", "32-true", "bf16-mixed")
ACCELERATORS = ("auto", "cpu", "gpu", "mps", *xla.RUNTIMES)
XLA_CACHE = CACHE / "xla"
MEANT_SO = (  # what Lightning warns of, as patterns
    "does not have many workers",  # one index_select on one tensor is faster in this process
    "number of training batches",
    "have no `val_dataloader`",  # callbacks measure on held-out images, if there are any
    r"module\(s\) in eval mode",  # the averaged generator's
    "`srun` command is available",  # where there is SLURM, its jobs are made by launcher=slurm
    "exists and is not empty",  # the folder of a continued training
)


def open_no_run() -> AbstractContextManager[TrackedRun]:
    """A run that keeps nothing; a function of the module, to be pickled where a TPU's cores start."""
    return nullcontext(TrackedRun())


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a GAN is trained.

    Attributes:
        accelerator: auto (a CUDA GPU or the CPU), cpu, gpu, tpu, xla_cpu (a TPU's code on the CPU), or mps, Apple's
            GPU, on which leukgan has not been tried.
        precision: 32-true, bf16-mixed, or auto: bf16-mixed if the device computes it natively, else 32-true.
        log_every: Generator steps between two rows of metrics, at least 1.
        devices: Processes, at least 1, that share the training of one GAN, on the CPU or each on its own GPU;
            `train_in_parallel` starts them. On a TPU: its cores, 1 or all.
        one_graph: Whether XLA compiles a generator step as one graph instead of one per kind of update.
    """

    accelerator: str = "auto"
    precision: str = "32-true"
    log_every: int = 50
    devices: int = 1
    one_graph: bool = False

    def __post_init__(self) -> None:
        if self.log_every < 1:
            raise InputError(f"trainer.log_every must be at least 1, got {self.log_every}; the default is 50.")
        check_precision(self.precision, PRECISIONS)

        if self.accelerator not in ACCELERATORS:
            raise InputError(f"trainer.accelerator must be {' or '.join(ACCELERATORS)}, got {self.accelerator!r}.")
        if self.accelerator == "gpu" and not torch.cuda.is_available():
            raise InputError(
                "trainer=gpu asks for a GPU and this machine has none that torch can use; take trainer=cpu."
            )
        if self.accelerator == "mps" and not torch.backends.mps.is_available():
            raise InputError(
                "trainer.accelerator=mps asks for Apple's GPU and this machine has none; take trainer=cpu."
            )

        if self.devices < 1:
            raise InputError(f"trainer.devices must be at least 1, got {self.devices}.")
        if self.device == "xla":
            xla.check(self.accelerator, self.devices)
        if self.device == "cuda" and self.devices > max(torch.cuda.device_count(), 1):
            raise InputError(
                f"trainer.devices={self.devices} asks for a GPU each and this machine has {torch.cuda.device_count()} "
                "that torch can use; take fewer, or trainer.accelerator=cpu."
            )

    @property
    def device(self) -> str:
        """The device that `accelerator` means on this machine: cpu, cuda, mps or xla."""
        if self.accelerator in xla.RUNTIMES:
            return "xla"
        if self.accelerator == "mps":
            return "mps"
        return "cuda" if self.accelerator != "cpu" and torch.cuda.is_available() else "cpu"

    @property
    def resolved_precision(self) -> str:
        """The precision that `precision` means on this machine."""
        if self.precision != "auto":
            return self.precision
        if self.device == "cuda":
            native = torch.cuda.is_bf16_supported()
        else:
            native = self.accelerator == "tpu" or (
                self.device == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
            )
        return "bf16-mixed" if native else "32-true"

    @property
    def processes(self) -> int:
        """Processes that `train_in_parallel` starts for one GAN: XLA starts a TPU's itself."""
        return 1 if self.device == "xla" else self.devices

    def trainer_arguments(self) -> dict[str, Any]:
        """Arguments of Lightning's Trainer: where and how it computes."""
        if self.device == "xla":
            return xla.trainer_arguments(self.accelerator, self.devices, self.resolved_precision, XLA_CACHE)
        return {
            "accelerator": self.device,
            "devices": self.devices,
            **distributed.trainer_arguments(),
            "precision": self.resolved_precision,
            "benchmark": self.device == "cuda",
        }

    def check_batch_size(self, gan: GAN, batch_size: int) -> None:
        """Refuse a batch that the processes can't share evenly, or whose shares are no whole groups of images."""
        check_share(batch_size, self.devices)
        if gan.settings.minibatch_std and batch_size // self.devices % GROUP:
            raise InputError(
                f"batch_size={batch_size}: gan.minibatch_std compares groups of {GROUP} images of one process; take a "
                f"multiple of {GROUP * self.devices}, or gan.minibatch_std=false."
            )

    def fit(
        self,
        gan: GAN,
        data: CellData,
        folder: Path,
        *,
        progress: Progress,
        open_run: Callable[[], AbstractContextManager[TrackedRun]] = open_no_run,
        validation: ValidationKID | None = None,
        seconds: float | None = None,
        extras: TrainerExtras = TrainerExtras(),  # noqa: B008  (frozen)
    ) -> Path:
        """Train a GAN, or continue the training that `folder` holds, and return its checkpoint's path.

        Writes the checkpoint, metrics, samples and other pictures to `folder` after each epoch.

        Args:
            gan: The untrained GAN, of a registered class.
            data: Its batches, which know the number of generator steps.
            folder: Folder of this training.
            progress: Called every few steps with the generator steps done and the latest metrics.
            open_run: Opens the tracker's run, which gets metrics, pictures and checkpoints too.
            validation: Measures the distance to validation images and writes the best checkpoint.
            seconds: Length of the training, over all its continuations, if the batches know no number of steps.
            extras: Callbacks and arguments of Lightning's Trainer that the user adds.

        Raises:
            InputError: The GAN is not registered, `folder` holds a damaged training or one on other images or with
                batches in another order, or the batches do not fit the GAN or the processes.
            TrainingDiverged: Losses or weights are no longer finite.
        """
        check_registered(gan)
        files, order = GANFolder(folder), data.order
        checkpoint = files.last_checkpoint if files.last_checkpoint.exists() else None
        if checkpoint is not None:
            check_digest(checkpoint)
            training_images(checkpoint)  # refuses what is no checkpoint
        self.check_batch_size(gan, order["batch_size"])
        if distributed.world_size() != self.processes:
            raise ValueError(f"a training on {self.devices} processes is for train_in_parallel, which starts them")

        logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
        steps = order["generator_steps"]
        timer = None if seconds is None else Timer(timedelta(seconds=seconds), interval=Interval.step, verbose=False)
        logged = CallbackLogger(folder)
        metrics = MetricsFile(files.metrics, logged.latest)
        speed = Speed(files.speed, images_per_step=order["n_critic"] * order["batch_size"])
        measured = {"val/": validation} if validation is not None else {}
        gan.one_graph = self.one_graph

        # In the order in which they run, those that write checkpoints last: the tracker sends what others have found.
        callbacks = [
            *([HeldOut(*data.augment(data.held_out), order["batch_size"])] if len(data.held_out) else []),
            *([timer] if timer is not None else []),
            *extras.callbacks,
            metrics,
            Divergence(),
            speed,
            Pictures(files),
            *measured.values(),
            Tracked(open_run, files, {"": metrics, "train/": speed, **measured}),
            ProgressReport(progress, timer),
            LastCheckpoint(files.last_checkpoint),
        ]

        with nullcontext() if self.device == "xla" else xla.hide_tpus():
            trainer = lightning.Trainer(
                **self.trainer_arguments() | extras.arguments_in(folder),
                callbacks=callbacks,
                max_epochs=-1 if steps is None else -(-steps // order["steps_per_epoch"]),
                log_every_n_steps=self.log_every if steps is None else min(self.log_every, steps),
                limit_val_batches=0,  # the callbacks measure, at steps of their own
                check_val_every_n_epoch=1 if validation is None else sys.maxsize,  # so that others wait for them
                logger=logged if extras.callbacks else False,  # which costs a step a little
                default_root_dir=folder,
                use_distributed_sampler=False,  # the data shares each batch among the processes
                enable_progress_bar=False,
                enable_model_summary=False,
            )

        with warnings.catch_warnings(), explain_lightning():
            for message in MEANT_SO:
                warnings.filterwarnings("ignore", f".*{message}")
            trainer.fit(gan, data, ckpt_path=checkpoint, weights_only=True)
        if distributed.rank() == 0 and not files.last_checkpoint.exists():
            raise InputError("the training was ended before its first step; give trainer.max_time more time.")
        return files.last_checkpoint
