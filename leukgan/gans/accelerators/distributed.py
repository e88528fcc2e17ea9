"""One training on several processes: what each knows of the others, and all that they exchange.

Processes share each batch and average their gradients, and each draws noise of its own. Cores of a TPU share a training
as processes do.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from lightning.fabric.plugins.environments import LightningEnvironment, TorchElasticEnvironment
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor, distributed
from torch.autograd import Function

from leukgan.data.split import derive_seed
from leukgan.gans.accelerators import xla

HERE = "127.0.0.1"


def world_size() -> int:
    """Number of processes, or cores of a TPU, that share this one's training."""
    if xla.launched:
        return xla.world_size()
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rank() -> int:
    """Number of this process among them, from 0."""
    if xla.launched:
        return xla.rank()
    return distributed.get_rank() if world_size() > 1 else 0


def local_shard(batch: Tensor) -> Tensor:
    """This process's share (B, ...) of a whole batch (W * B, ...): every W-th row from its rank on."""
    return batch[rank() :: world_size()]


def seed_step(seed: int, step: int, device: torch.device) -> None:
    """Seed what this process draws in a generator step; processes that share a training draw noise of their own."""
    value = derive_seed(seed, step) if world_size() == 1 else derive_seed(seed, step, rank())
    torch.manual_seed(value)
    if device.type == "xla":
        xla.manual_seed(value)


class OwnRandomness:
    """The random numbers that a GAN draws: a stream of its own, which torch's global one gives way to.

    What others draw, before and after, is as if the GAN had drawn nothing; only an XLA device's own numbers are shared.
    """

    def __init__(self) -> None:
        self.state: list[Tensor] | None = None

    @contextmanager
    def drawn(self, device: torch.device) -> Iterator[None]:
        """Draw from this stream, which starts as the global one is and then goes on where it was left."""
        devices = [device] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            if self.state is not None:
                torch.set_rng_state(self.state[0])
                for of_device in self.state[1:]:
                    torch.cuda.set_rng_state(of_device, device)
            yield
            self.state = [torch.get_rng_state(), *(torch.cuda.get_rng_state(one) for one in devices)]


def all_reduce_sum(x: Tensor) -> Tensor:
    """The sum of a tensor over all processes, without gradient."""
    if xla.launched:
        return xla.all_reduce_sum(x)
    total = x.clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(total)
    return total


class SumWithGradient(Function):
    """The sum of a tensor over all processes, whose gradient is the sum of their gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return all_reduce_sum(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return SumWithGradient.apply(*gradients)


def mean_with_gradient(x: Tensor) -> Tensor:
    """The mean of a tensor over all processes, through which gradients reach each of them."""
    return x if world_size() == 1 else SumWithGradient.apply(x) / world_size()


@torch.no_grad()
def average_gradients(gradients: Sequence[Tensor]) -> None:
    """Set tensors to their means over all processes, in one message."""
    if world_size() > 1:
        total = all_reduce_sum(torch.cat([g.flatten() for g in gradients])) / world_size()
        for gradient, mean in zip(gradients, total.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view(gradient.shape))


def all_reduce_mean(metrics: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Scalars averaged over all processes, in one message and without gradient."""
    values = {name: value.detach() for name, value in metrics.items()}
    if world_size() == 1:
        return values
    return dict(zip(values, all_reduce_sum(torch.stack(list(values.values()))) / world_size(), strict=True))


def broadcast_from_rank0(values: Sequence[float], device: torch.device) -> list[float]:
    """The first process's numbers; every process gives as many."""
    if world_size() == 1:
        return list(values)
    numbers = torch.tensor(values, dtype=torch.float64, device=device)
    received: list[float] = all_reduce_sum(numbers if rank() == 0 else torch.zeros_like(numbers)).tolist()
    return received


class ManualDDPStrategy(DDPStrategy):
    """Lightning's DDP without torch's wrapper, which can't follow a step of several updates.

    The GAN itself averages its gradients, and the processes have joined before.
    """

    def configure_ddp(self) -> None:
        pass


def trainer_arguments() -> dict[str, Any]:
    """Arguments of Lightning's Trainer: the processes that have joined, and this one's place among them.

    Lightning would otherwise take this process for a task of the SLURM job it runs in.
    """
    if world_size() == 1:
        return {"strategy": "auto", "plugins": LightningEnvironment()}
    return {"strategy": ManualDDPStrategy(), "plugins": TorchElasticEnvironment()}


def open_store() -> distributed.TCPStore:
    """The store at which the processes of one training meet while it lives; its `port` is for `join_training`."""
    return distributed.TCPStore(HERE, 0, is_master=True, wait_for_workers=False)


@contextmanager
def join_training(number: int, processes: int, port: int, device: str) -> Iterator[None]:
    """Be one of the processes that train one GAN on this machine, each on its own GPU if device is cuda.

    If the block raises, the process stays joined: the others would fail of its leaving before its error is known.
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
    with silence_stdout():
        distributed.init_process_group(backend, store=store, rank=number, world_size=processes)
    yield
    distributed.destroy_process_group()


@contextmanager
def silence_stdout() -> Iterator[None]:
    """Silence stdout: gloo prints its peers there, and stdout is for results."""
    output = os.dup(1)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
    yield
    os.dup2(output, 1)
    os.close(output)
