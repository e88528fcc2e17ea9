"""What a GAN asks of the Lightning Trainer that trains it, and the arguments of it that a user may give a study."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.plugins.environments import LightningEnvironment
from lightning.pytorch.profilers import AdvancedProfiler, PyTorchProfiler, SimpleProfiler
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy, StrategyRegistry, XLAStrategy
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from leukgan.errors import InputError
from leukgan.gans.accelerators.distributed import ManualDDPStrategy
from leukgan.gans.accelerators.xla import hide_tpus

HALF_PRECISIONS = ("16", "16-mixed", "16-true", "fp16", "float16")
# Processes that share each batch; what else these names tell, how to start them and torch's wrapper, is leukgan's own.
SHARED = tuple(name for name in StrategyRegistry if StrategyRegistry[name]["strategy"] is DDPStrategy)
PROFILERS = {"simple": SimpleProfiler, "advanced": AdvancedProfiler, "pytorch": PyTorchProfiler}
LENGTH = "generator_steps= says how long a GAN is trained"
VALIDATION = "quality.track_every= says how often the distance to validation images is measured, on all of them"
OWN_STEPS = "a GAN steps its own optimisers"
PICTURES = "a study shows its own"
MEANT = {  # arguments that leukgan gives the Trainer itself, and what to use instead
    **dict.fromkeys(("max_epochs", "min_epochs", "max_steps", "min_steps", "fast_dev_run"), LENGTH),
    **dict.fromkeys(("limit_val_batches", "val_check_interval", "check_val_every_n_epoch"), VALIDATION),
    **dict.fromkeys(("num_sanity_val_steps", "limit_test_batches", "limit_predict_batches"), VALIDATION),
    **dict.fromkeys(("accumulate_grad_batches", "gradient_clip_val", "gradient_clip_algorithm"), OWN_STEPS),
    **dict.fromkeys(("enable_progress_bar", "enable_model_summary", "barebones"), PICTURES),
    **dict.fromkeys(("limit_train_batches", "overfit_batches"), "split.train_per_class= takes fewer images"),
    "logger": "logger= is a setting of its own, as in logger=[csv,wandb]",
    "callbacks": "callbacks= is a setting of its own, as in callbacks=[early_stopping]",
    "log_every_n_steps": "write trainer.log_every=",
    "enable_checkpointing": "checkpoint_every= says how often the training is saved",
    "default_root_dir": "the run folder is runs/<name>; name= names it, runs= puts it elsewhere",
    "use_distributed_sampler": "trainer.devices= processes share each batch",
    "sync_batchnorm": "batch normalisation is of the whole batch, whoever shares it",
    "reload_dataloaders_every_n_epochs": "the images of a split stay the same",
    "plugins": "trainer.precision= and trainer.devices= choose them",
    "inference_mode": "a training never infers",
    "model_registry": "checkpoints lie in the run folder",
    "enable_autolog_hparams": "loggers get every setting of the study",
}


@dataclass(frozen=True, kw_only=True)
class TrainerExtras:
    """What a user adds to a training."""

    callbacks: Sequence[lightning.Callback] = ()  # besides those that write the training's files
    arguments: Mapping[str, Any] = field(default_factory=dict)  # of Lightning's Trainer; see `check_trainer_arguments`

    def arguments_in(self, folder: Path) -> dict[str, Any]:
        """The arguments for a training in a folder, to which the profiler of a name writes fit-profile.txt."""
        profiler = self.arguments.get("profiler")
        own = {} if profiler is None else {"profiler": PROFILERS[profiler](dirpath=folder, filename="profile")}
        return {**self.arguments, **own}


def check_trainer_arguments(arguments: Mapping[str, Any]) -> None:
    """Refuse arguments of Lightning's Trainer that leukgan decides itself, and values that the Trainer refuses."""
    for name, value in arguments.items():
        if name in MEANT:
            raise InputError(f"trainer.{name}={value} is leukgan's own to set: {MEANT[name]}.")

    # What the Trainer would take and a GAN can't do.
    if arguments.get("num_nodes", 1) != 1:
        raise InputError(
            f"trainer.num_nodes={arguments['num_nodes']}: a command trains a GAN on one machine; launcher=slurm gives "
            "splits and trials a machine each, and a Trainer of your own takes several nodes (docs/processes.md)."
        )
    if arguments.get("strategy", "auto") not in ("auto", *SHARED):
        raise InputError(
            f"trainer.strategy must be auto, or ddp or another of Lightning's ddp_*, got {arguments['strategy']!r}, "
            "which follows steps of one update by one optimiser: a GAN's step has several."
        )
    if arguments.get("profiler") not in (None, *PROFILERS):
        raise InputError(f"trainer.profiler must be {' or '.join(PROFILERS)}, got {arguments['profiler']!r}.")
    if arguments.get("deterministic") not in (None, True, False, "warn"):
        raise InputError(f"trainer.deterministic must be true, false or warn, got {arguments['deterministic']!r}.")

    # The rest is Lightning's to judge, before any work, as of one process whatever SLURM has started; only a
    # training's process becomes deterministic.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    before = torch.get_deterministic_debug_mode()
    try:
        with hide_tpus():
            lightning.Trainer(
                accelerator="cpu",
                devices=1,
                plugins=LightningEnvironment(),
                logger=False,
                enable_checkpointing=False,
                **arguments,
            )
    except (MisconfigurationException, TypeError, ValueError) as error:
        raise InputError(f"trainer: {' '.join(str(error).split())}") from error
    finally:
        torch.set_deterministic_debug_mode(before)


@contextmanager
def explain_lightning() -> Iterator[None]:
    """Make a mistake that Lightning's callbacks find in their settings one of the user's.

    Raises:
        InputError: A callback looks at a metric that there is not, or asks for what a training lacks.
    """
    try:
        yield
    except (MisconfigurationException, RuntimeError) as error:
        if not isinstance(error, MisconfigurationException) and not str(error).startswith("Early stopping conditioned"):
            raise
        raise InputError(f"callbacks: {' '.join(str(error).split())}") from error


def check_precision(precision: str, known: tuple[str, ...] = ("32-true", "bf16-mixed")) -> None:
    """Refuse half precision, and a precision that is none of the known ones."""
    if str(precision) in HALF_PRECISIONS:
        raise InputError(
            f"trainer.precision={precision} is refused: the gradient penalty squares gradients, which leave "
            "float16's range in both directions; take bf16-mixed or 32-true."
        )
    if precision not in known:
        raise InputError(f"trainer.precision must be one of {', '.join(known)}, got {precision!r}.")


def prepare_trainer(trainer: lightning.Trainer) -> None:
    """Refuse a Trainer that can't train a GAN, and let Lightning's DDP leave the gradients to the GAN.

    Torch's wrapper, which DDP puts around a module, can't follow a step of several updates.
    """
    check_precision(trainer.precision)
    strategy = trainer.strategy
    if type(strategy) is DDPStrategy:
        strategy.__class__ = ManualDDPStrategy
        strategy._layer_sync = None  # sync_batchnorm=True: batch normalisation is of the whole batch already
    if not isinstance(strategy, SingleDeviceStrategy | ManualDDPStrategy | XLAStrategy):
        raise InputError(
            f"a GAN can't be trained by the strategy {type(strategy).__name__}, which follows steps of one update by "
            "one optimiser; take one device, strategy='ddp' or another of Lightning's 'ddp_*'."
        )
