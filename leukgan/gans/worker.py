"""A training's process: what ties it to the one that started it, and what it needs of the machine."""

import multiprocessing
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import Any

import torch

from leukgan.memory import keep_memory
from leukgan.parent_process import end_with_parent


class StoppedError(Exception):
    """A training was told to end."""


@dataclass(frozen=True)
class WorkerChannels:
    """The channels between a worker and the process that started it."""

    reports: "multiprocessing.Queue[Any]"  # of its progress
    stop: Event  # set to end the worker at its next report
    keepalive: Connection  # whose closing makes the worker exit


_channels: WorkerChannels


def set_up_process(threads: int, channels: WorkerChannels, environment: Mapping[str, str]) -> None:
    """Prepare a training's process: its environment, its share of the cores, and memory that is not given back."""
    global _channels
    _channels = channels
    os.environ.clear()
    os.environ.update(environment)
    for number in (signal.SIGINT, signal.SIGHUP):  # a terminal's, which the process that started this one answers
        signal.signal(number, signal.SIG_IGN)
    torch.set_num_threads(threads)
    end_with_parent(channels.keepalive)
    keep_memory()


def send_progress(name: str, step: int, metrics: dict[str, float]) -> None:
    """Tell the process that started this one how far a training is.

    Raises:
        StoppedError: It wants this process's training to end.
    """
    _channels.reports.put((name, step, metrics))
    if _channels.stop.is_set():
        raise StoppedError
