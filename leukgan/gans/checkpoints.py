"""What checkpoints hold besides weights: on which images a GAN was trained, and what older ones say otherwise."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.trainer.states import TrainerFn

from leukgan.data.datamodule import CellData
from leukgan.errors import InputError
from leukgan.gans.model import GANModel
from leukgan.run_folder.digests import check_digest

NETWORKS = ("critic.", "generator.", "average_generator.")


def training_images(path: Path) -> list[str]:
    """SHA-256 of every image that the GAN of a checkpoint was trained on."""
    hashes: list[str] = data_state(read_checkpoint(path))["trained_on"]
    return hashes


def images_behind(path: Path) -> list[str]:
    """SHA-256 of the training images of a checkpoint's GAN, and of those that its training started from."""
    checkpoint = read_checkpoint(path)
    return [*data_state(checkpoint)["trained_on"], *checkpoint.get("seen_before", [])]


def load_networks(gan: GANModel, path: Path) -> None:
    """Give a GAN the weights of a checkpoint's networks; optimisers and averages of scores start anew.

    Raises:
        InputError: No such file, no checkpoint, or one of other networks.
    """
    weights = read_checkpoint(path).get("state_dict", {})
    found = {name: value for name, value in weights.items() if name.startswith(NETWORKS)}
    own = {name: value for name, value in gan.state_dict().items() if name.startswith(NETWORKS)}
    if {name: value.shape for name, value in found.items()} != {name: value.shape for name, value in own.items()}:
        raise InputError(
            f"gan.start_from={path} has other networks; give gan.generator, gan.critic, their widths and every other "
            "setting of the networks as its training had them."
        )
    gan.load_state_dict({**gan.state_dict(), **found})


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's content, its tensors not yet read from the disk.

    Raises:
        InputError: No such file, one that is not what its digest tells of, or no checkpoint.
    """
    if not path.is_file():
        raise InputError(f"there is no checkpoint {path}; a training leaves it in its folder as last.ckpt.")
    check_digest(path, required=False)
    try:
        return dict(torch.load(path, map_location="cpu", weights_only=True, mmap=True))
    except (TypeError, ValueError, RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise InputError(f"{path} is no checkpoint of a GAN of this version of leukgan.") from error


def data_state(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """The data module's state in a checkpoint; in older ones it has the name of its class."""
    found: dict[str, Any] | None = checkpoint.get("data", checkpoint.get("CellData"))
    if found is None:
        raise InputError(
            "the checkpoint does not say on which images it was trained: it is of a training without CellData; "
            "continue it on its own loader."
        )
    return found


def name_data_state(checkpoint: dict[str, Any], trainer: lightning.Trainer | None) -> None:
    """Have a checkpoint hold the data module's state under a name that is not the name of its class."""
    data = getattr(trainer, "datamodule", None)
    if isinstance(data, CellData) and type(data).__qualname__ in checkpoint:
        checkpoint["data"] = checkpoint.pop(type(data).__qualname__)


def restore_data_state(checkpoint: Mapping[str, Any], trainer: lightning.Trainer | None) -> None:
    """Give the data module of a training that goes on its state in the checkpoint."""
    data = getattr(trainer, "datamodule", None)
    if isinstance(data, CellData) and trainer is not None and trainer.state.fn == TrainerFn.FITTING:
        data.load_state_dict(data_state(checkpoint))


def count_steps_of_before(checkpoint: dict[str, Any]) -> None:
    """Give an older checkpoint, in which Lightning counted no optimiser step, the number of its generator steps."""
    if "loops" not in checkpoint:
        return
    progress = checkpoint["loops"]["fit_loop"]["epoch_loop.manual_optimization.optim_step_progress"]
    if progress["total"]["completed"] == 0:
        steps = checkpoint["generator_step"]
        progress |= {part: {"ready": steps, "completed": steps} for part in ("total", "current")}
        checkpoint["global_step"] = steps
