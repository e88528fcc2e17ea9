"""A training's process: what ties it to the one that started it, and what it needs of the machine."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import Any

import torch

from leukgan.parent_process import end_with_parent


class StoppedError(Exception):
    """A training was told to end."""


@dataclass(frozen=True)
class Links:
    """What ties a training's process to the one that started it.

    Attributes:
        reports: Where it tells how far it is.
        stop: Set where it shall end at its next report.
        lifeline: At whose end it ends at once.
    """

    reports: multiprocessing.Queue[Any]
    stop: Event
    lifeline: Connection


_links: Links


def set_up_process(threads: int, links: Links, environment: Mapping[str, str]) -> None:
    """Prepare a training's process: its environment, its share of the cores, and memory that is not given back."""
    global _links
    _links = links
    os.environ.clear()
    os.environ.update(environment)
    torch.set_num_threads(threads)
    end_with_parent(links.lifeline)
    if sys.platform == "linux":
        keep_memory()


def tell(name: str, step: int, metrics: dict[str, float]) -> None:
    """Tell the process that started this one how far a training is.

    Raises:
        StoppedError: It wants this process's training to end.
    """
    _links.reports.put((name, step, metrics))
    if _links.stop.is_set():
        raise StoppedError


def keep_memory() -> None:
    """Have glibc serve large blocks from its heap and keep the heap: 5 to 10% of a step on the CPU."""
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(mmap_max, 0)
        library.mallopt(trim_threshold, 2**31 - 1)
