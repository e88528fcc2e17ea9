"""One training on several processes: what each knows of the others, and all that they exchange.

Every process draws what one process would draw for the whole batch and keeps its share: every world_size-th row from
its rank on. The share of two batches, one behind the other, is then their shares, one behind the other. Cores of a TPU
share a training as processes do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from lightning.fabric.plugins.environments import ClusterEnvironment, LightningEnvironment, TorchElasticEnvironment
from lightning.pytorch.strategies import DDPStrategy, Strategy
from torch import Tensor, distributed
from torch.autograd import Function

from leukgan.data.split import derive_seed
from leukgan.gans.accelerators import xla

HERE = "127.0.0.1"


def world_size() -> int:
    """How many processes, or cores of a TPU, share this one's training."""
    if xla.launched():
        return xla.world_size()
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rank() -> int:
    """This one's number among them, from 0."""
    if xla.launched():
        return xla.rank()
    return distributed.get_rank() if world_size() > 1 else 0


def own(batch: Tensor) -> Tensor:
    """This process's share (B, ...) of a whole batch (world_size * B, ...)."""
    return batch[rank() :: world_size()]


def drawn(draw: Callable[[int], Tensor], count: int, source: torch.Generator | None = None) -> Tensor:
    """Random rows (count, ...): this process's share of what `draw` gives for the whole batch.

    Rows from a source of the caller's are no part of a batch: each process draws all of them. Cores of a TPU draw their
    own rows, each from a seed of its own: all have to run one program, in which no core's number may stand.
    """
    return draw(count) if source is not None or xla.launched() else own(draw(world_size() * count))


def seed(value: int, device: torch.device) -> None:
    """Seed what is drawn from now on."""
    torch.manual_seed(value)
    if device.type == "xla":
        xla.seed(derive_seed(value, rank()))


def total(x: Tensor) -> Tensor:
    """The sum of a tensor over all processes."""
    if xla.launched():
        return xla.total(x)
    found = x.clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(found)
    return found


class Sum(Function):
    """The sum of a tensor over all processes, whose gradient is the sum of their gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return total(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return Sum.apply(*gradients)


def mean(x: Tensor) -> Tensor:
    """The mean of a tensor over all processes, through which gradients reach each of them."""
    return x if world_size() == 1 else Sum.apply(x) / world_size()


@torch.no_grad()
def average(tensors: Sequence[Tensor]) -> None:
    """Set tensors to their means over all processes, in one message."""
    if world_size() > 1:
        means = mean(torch.cat([t.flatten() for t in tensors])).split([t.numel() for t in tensors])
        for tensor, averaged in zip(tensors, means, strict=True):
            tensor.copy_(averaged.view(tensor.shape))


def means(metrics: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Scalars averaged over all processes, in one message and without gradient."""
    found = {name: value.detach() for name, value in metrics.items()}
    if world_size() > 1:
        found = dict(zip(found, mean(torch.stack(list(found.values()))), strict=True))
    return found


def of_first(values: Sequence[float], device: torch.device) -> list[float]:
    """The numbers that the first process has, as many as all others give."""
    if world_size() == 1:
        return list(values)
    numbers = torch.tensor(values, dtype=torch.float64, device=device)
    found: list[float] = total(numbers if rank() == 0 else torch.zeros_like(numbers)).tolist()
    return found


class Unwrapped(DDPStrategy):
    """Lightning's several processes without torch's wrapper, which can't follow a step of several updates.

    The GAN itself averages its gradients. The processes have been started and joined before.
    """

    def configure_ddp(self) -> None:
        pass


def strategy() -> Strategy | str:
    """Lightning's strategy for as many processes as have joined."""
    return Unwrapped() if world_size() > 1 else "auto"


def environment() -> ClusterEnvironment:
    """What Lightning knows of this process's place: never that it is in a job of SLURM, which started another one."""
    return TorchElasticEnvironment() if world_size() > 1 else LightningEnvironment()


def meeting_point() -> distributed.TCPStore:
    """Where the processes of one training find each other, as long as it is kept; its `port` is for `joined`."""
    return distributed.TCPStore(HERE, 0, is_master=True, wait_for_workers=False)


@contextmanager
def joined(number: int, processes: int, port: int, device: str) -> Iterator[None]:
    """Be one of the processes that train one GAN on this machine, each on a GPU of its own where device is cuda.

    Where the block raises, the process stays joined: the others would fail of its leaving before its error is known.
    """
    if processes == 1:
        yield
        return
    # What Lightning reads of a process that it has not started, under torchrun's names.
    os.environ |= {"RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": str(processes)}
    if device == "cuda":
        torch.cuda.set_device(number)
    store = distributed.TCPStore(HERE, port, is_master=False)
    backend = "nccl" if device == "cuda" else "gloo"
    with silence():
        distributed.init_process_group(backend, store=store, rank=number, world_size=processes)
    yield
    distributed.destroy_process_group()


@contextmanager
def silence() -> Iterator[None]:
    """Keep libraries from writing to standard output, which is for results: gloo tells there whom it has met."""
    output = os.dup(1)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
    yield
    os.dup2(output, 1)
    os.close(output)
