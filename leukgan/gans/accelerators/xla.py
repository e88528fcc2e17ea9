"""All that leukgan knows of XLA, which compiles a generator step for a TPU, or for the CPU in its place.

torch_xla is imported only once a training on it starts: that takes seconds and asks for a runtime.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from importlib import import_module
from multiprocessing.managers import SyncManager
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import torch
import torch.multiprocessing
from lightning.pytorch.accelerators import XLAAccelerator
from lightning.pytorch.plugins.environments import LightningEnvironment
from lightning.pytorch.plugins.precision import XLAPrecision
from lightning.pytorch.strategies import SingleDeviceXLAStrategy, XLAStrategy
from lightning.pytorch.strategies.launchers.xla import _XLALauncher
from torch import Tensor
from torch.optim import Optimizer

from leukgan.errors import InputError
from leukgan.parent_process import end_with_parent

RUNTIMES = {"tpu": "TPU", "xla_cpu": "CPU"}  # PJRT's names

launched = False  # whether this process runs one of several cores that share a training


def check(accelerator: str, devices: int) -> None:
    """Refuse an accelerator that this machine lacks, without starting XLA's runtime.

    Raises:
        InputError: torch_xla can't be loaded, there is no TPU, or it has another number of cores.
    """
    os.environ["PJRT_DEVICE"] = RUNTIMES[accelerator]  # of this process and of those that it starts
    try:
        import_module("torch_xla")
    except ImportError as error:
        raise InputError(
            f"trainer={accelerator} needs torch_xla, which can't be loaded ({error}): pip install -e '.[tpu]' in "
            "leukgan's folder takes it with its own version of torch, on Linux; it needs Python's shared library too "
            "(Debian: libpython3.11)."
        ) from error
    if accelerator == "xla_cpu" and devices != 1:
        raise InputError(f"trainer=xla_cpu is one device, got trainer.devices={devices}; take 1.")
    if accelerator == "tpu":
        cores = count_cores()
        if cores == 0:
            raise InputError(
                "trainer=tpu asks for a TPU and this machine has none; trainer=xla_cpu goes the same way on the CPU."
            )
        if devices not in (1, cores):
            raise InputError(f"trainer.devices={devices}: a training takes one core of this TPU or all {cores}.")


def count_cores() -> int:
    """Cores of this machine's TPU, 0 if it has none."""
    from torch_xla._internal import tpu

    return tpu.num_available_devices() if tpu.num_available_chips() else 0


def hide_tpus() -> AbstractContextManager[Any]:
    """Keep Lightning from importing torch_xla, only to see whether there is a TPU, for a training elsewhere."""
    return patch.object(XLAAccelerator, "is_available", return_value=False)


def trainer_arguments(accelerator: str, devices: int, precision: str, cache: Path) -> dict[str, Any]:
    """Arguments of Lightning's Trainer for one core or all; `cache` is the folder of graphs compiled for a TPU."""
    os.environ["PJRT_DEVICE"] = RUNTIMES[accelerator]
    if accelerator == "tpu":
        from torch_xla import backends

        os.environ.setdefault("XLA_PERSISTENT_CACHE_PATH", str(cache.absolute()))
        # A TPU multiplies single precision in bfloat16 unless it is told not to.
        backends.set_mat_mul_precision("highest" if precision == "32-true" else "default")
    return {
        "accelerator": XLAAccelerator() if accelerator == "tpu" else XLACPUAccelerator(),
        "devices": devices,
        "strategy": SingleDeviceXLAStrategy(0) if devices == 1 else TPUStrategy(),
        "plugins": [XLAMixedPrecision(precision), *([LightningEnvironment()] if devices == 1 else [])],
    }


class XLACPUAccelerator(XLAAccelerator):
    """The CPU behind the interface of a TPU."""

    @staticmethod
    @lru_cache
    def is_available() -> bool:
        return True

    @staticmethod
    @lru_cache
    def auto_device_count() -> int:
        return 1

    @staticmethod
    def parse_devices(devices: Any) -> Any:
        return devices

    @staticmethod
    def get_parallel_devices(devices: Any) -> list[torch.device]:
        return [torch.device("xla", index) for index in range(devices)]

    def get_device_stats(self, device: Any) -> dict[str, Any]:
        return {}


class XLAMixedPrecision(XLAPrecision):
    """Single precision, or convolutions in bfloat16 with weights in single precision.

    Lightning's own for XLA has no mixed precision; its 16-true changes nothing, its bf16-true the whole process.
    """

    def __init__(self, precision: str) -> None:
        super().__init__("32-true")
        self.mixed = precision == "bf16-mixed"

    def forward_context(self) -> AbstractContextManager[Any]:
        return torch.autocast("xla", torch.bfloat16, enabled=self.mixed)


class TPUStrategy(XLAStrategy):
    """All cores of a TPU: a process for each chip, a thread for each of its cores, each with weights of its own.

    The weights of the process that asked for the training stay as they were: they are in the checkpoint.
    """

    def __init__(self) -> None:
        super().__init__(sync_module_states=False)  # all begin with the same weights, which come from the seed

    def _configure_launcher(self) -> None:
        self._launcher = TPULauncher(self)

    def setup_environment(self) -> None:
        global launched
        super().setup_environment()
        launched = True
        # A core that goes on after its training was killed would keep the TPU from the next one.
        end_with_parent()


class TPULauncher(_XLALauncher):
    """Starts the cores as Lightning does, with a queue for their results that ends with the training.

    Lightning's own is served by a process that sleeps on for ever where the training was killed.
    """

    def launch(self, *arguments: Any, **named: Any) -> Any:
        with patch.object(torch.multiprocessing, "Manager", start_manager):
            return super().launch(*arguments, **named)


def start_manager() -> SyncManager:
    """A process that serves queues to others until the one that started it ends."""
    manager = SyncManager()
    manager.start(end_with_parent)
    return manager


def world_size() -> int:
    """Number of cores that share the training."""
    from torch_xla import runtime

    return runtime.world_size()


def rank() -> int:
    """Number of this core among them."""
    from torch_xla import runtime

    return runtime.global_ordinal()


def all_reduce_sum(x: Tensor) -> Tensor:
    """The sum of a tensor over all cores."""
    from torch_xla.core import xla_model

    return cast(Tensor, xla_model.all_reduce(xla_model.REDUCE_SUM, x))


def manual_seed(value: int) -> None:
    """Seed the random numbers of this core."""
    import torch_xla

    torch_xla.manual_seed(value)


def end_graph() -> None:
    """Compile and run the operations recorded so far."""
    import torch_xla

    torch_xla.sync()


def count_compiles() -> int:
    """Graphs compiled so far: constant once a training has settled."""
    from torch_xla.debug import metrics

    return int(metrics.counter_value("UncachedCompile") or 0)


def compiled_step(step: Callable[..., Any], optimizers: Sequence[Optimizer], *, one_graph: bool) -> Callable[..., Any]:
    """A step of fixed shapes that XLA compiles once, as one graph if nothing in it ends one, and then runs.

    The optimisers' state is created here, or the first step would be a graph of its own.
    """
    import torch_xla

    for optimizer in optimizers:
        create_state(optimizer)
    if one_graph:
        return torch_xla.compile(step, full_graph=True, name="generator_step")

    def run(*arguments: Any) -> Any:
        result = step(*arguments)
        end_graph()
        return result

    return run


def create_state(optimizer: Optimizer) -> None:
    """Create an optimiser's state, if it has none, by a step along a zero gradient that is not counted."""
    if optimizer.state:
        return
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for parameter in parameters:
        optimizer.state[parameter]["step"].zero_()
    optimizer.zero_grad()
    end_graph()
