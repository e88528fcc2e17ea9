"""The optimisers of a GAN, and learning rates that fall towards a training's end: a number of steps, or a time."""

from collections.abc import Iterable, Mapping
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Timer
from torch import Tensor, nn
from torch.optim import Optimizer

from leukgan.data.datamodule import CellData
from leukgan.errors import InputError
from leukgan.gans.accelerators import distributed
from leukgan.gans.settings import GANSettings


def build_optimizer(
    parameters: Iterable[nn.Parameter], learning_rate: float, settings: GANSettings, device: torch.device
) -> Optimizer:
    """The optimiser that a GAN's settings name."""
    capturable = device.type in ("cuda", "xla")  # keeps its state where a graph can reach it
    changing = capturable and settings.learning_rate_decay > 0
    common: dict[str, Any] = {
        "lr": torch.tensor(learning_rate, device=device) if changing else learning_rate,
        "eps": settings.optimizer_epsilon,
        "capturable": capturable,
    }

    beta1, beta2 = settings.betas
    if settings.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, alpha=beta2, **common)
    return torch.optim.Adam(parameters, betas=(beta1, beta2), **common)


def decay_learning_rates(rates: Mapping[Optimizer, float], remaining: float, decay: float) -> None:
    """Lower each optimiser's rate linearly to zero over the last share `decay`, above 0, of a training.

    `rates` are those before the decay, `remaining` is the share of the training that is to come, from 1 to 0.
    """
    factor = min(remaining / decay, 1.0)
    for optimizer, rate in rates.items():
        for group in optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                # In place, where a recorded step reads it; XLA compiles fill_ anew for each value.
                group["lr"].copy_(torch.tensor(rate * factor))
            else:
                group["lr"] = rate * factor


def remaining_share(trainer: lightning.Trainer, generator_step: int, device: torch.device) -> float:
    """Share of a training that is to come after so many generator steps, the same in all of its processes.

    Raises:
        InputError: The training has neither a last step nor a time.
    """
    data = getattr(trainer, "datamodule", None)
    last = data.order["generator_steps"] if isinstance(data, CellData) else None
    ends = [steps for steps in (last, trainer.max_steps) if steps is not None and steps > 0]
    if ends:
        return 1 - generator_step / min(ends)

    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, Timer) and (left := callback.time_remaining()) is not None:
            share = left / (left + callback.time_elapsed())
            return distributed.broadcast_from_rank0([max(share, 0.0)], device)[0]
    raise InputError(
        "gan.learning_rate_decay lowers the rates towards the end of a training, which this one lacks; give it "
        "CellData(generator_steps=...), Trainer(max_steps=...) or Trainer(max_time=...), or leave the decay out."
    )
