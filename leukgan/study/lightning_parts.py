"""What a study takes from Lightning or the user's own classes: arguments of the Trainer, callbacks and loggers."""

import inspect
from collections.abc import Mapping
from typing import Any

import lightning
from hydra.utils import get_object

from leukgan.config import TARGET, StudySettings
from leukgan.errors import InputError
from leukgan.gans import Training
from leukgan.gans.trainer_arguments import TrainerExtras, check_trainer_arguments
from leukgan.study.instantiate import instantiate
from leukgan.tracking.lightning_loggers import LightningTracking
from leukgan.tracking.stages import SeveralLoggers, Tracking

AS_LEUKGAN_HAS_IT = ("strategy", "num_nodes")  # arguments that can have one meaning only


def build_training(config: StudySettings) -> tuple[Training, TrainerExtras]:
    """How the GANs are trained, and the callbacks and arguments of Lightning's Trainer that the user adds.

    Raises:
        InputError: There is no such callback or argument, or it is leukgan's own to set.
    """
    known = (TARGET, *inspect.signature(Training).parameters)
    own = {name: value for name, value in config.trainer.items() if name in known}
    further = {name: value for name, value in config.trainer.items() if name not in known}
    check_trainer_arguments(further)
    return instantiate("trainer", own), TrainerExtras(
        callbacks=[_build_callback(name, node) for name, node in config.callbacks.items()],
        arguments={name: value for name, value in further.items() if name not in AS_LEUKGAN_HAS_IT},
    )


def build_tracking(logger: Mapping[str, Any]) -> Tracking:
    """The tracker that logger= names, or all of several; InputError if a setting is wrong or a server refuses."""
    loggers = [_build_logger(name, node) for name, node in logger.items()]
    return loggers[0] if len(loggers) == 1 else SeveralLoggers(loggers)


def _build_callback(name: str, node: Any) -> lightning.Callback:
    key = f"callbacks.{name}"
    if not isinstance(node, dict) or TARGET not in node:
        raise InputError(f"{key} has no class; choose one of --help's callbacks, or give {key}.{TARGET}=<class>.")
    callback = instantiate(key, node)
    if not isinstance(callback, lightning.Callback):
        raise InputError(f"{key}.{TARGET}={node[TARGET]} is no callback of Lightning.")
    return callback


def _build_logger(name: str, node: Any) -> Tracking:
    """A logger of leukgan, or one of Lightning in a run of each stage."""
    if not isinstance(node, dict) or TARGET not in node:
        raise InputError(
            f"logger.{name}={node} is no logger; settings stand below a logger's name, as in logger.wandb.{name}=, and "
            f"one of your own needs its class, logger.mine.{TARGET}=."
        )
    constructor = get_object(node[TARGET])
    if inspect.isclass(constructor) and issubclass(constructor, lightning.pytorch.loggers.Logger):
        return LightningTracking(
            name=name, constructor=constructor, arguments={k: v for k, v in node.items() if k != TARGET}
        )
    tracking = instantiate(f"logger.{name}", node)
    if not isinstance(tracking, Tracking):
        raise InputError(f"logger.{name}.{TARGET}={node[TARGET]} is no logger of Lightning or of leukgan.")
    return tracking
