"""How a process ends with the one that started it."""

from __future__ import annotations

import multiprocessing
import os


def end_with_parent() -> None:
    """End this process and those that it started when the one that started it has ended, however that came."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        for child in multiprocessing.active_children():
            child.kill()
        os._exit(1)
