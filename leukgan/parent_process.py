"""How a process ends with the one that started it."""

import multiprocessing
import os
import threading
from multiprocessing.connection import Connection, wait

_WATCH = "end with parent"
_SECONDS = 0.5  # between two looks at the parent's process id


def end_with_parent(keepalive: Connection | None = None) -> None:
    """End this process, and those that it has started, as soon as its parent process has ended, however that came.

    A thread watches for that until then. In a process that multiprocessing has not started it does nothing.

    Args:
        keepalive: Pipe whose closing ends the process too: for a parent that lives on but has to end a process that
            waits for another one, which no pool of the standard library can do.
    """
    parent = multiprocessing.parent_process()
    if parent is None or any(thread.name == _WATCH for thread in threading.enumerate()):
        return

    # multiprocessing's own sentinel closes with the parent; joblib's processes have none.
    ends = [end for end in (parent.sentinel, keepalive) if end is not None]
    threading.Thread(target=_watch, args=(ends,), name=_WATCH, daemon=True).start()


def _watch(ends: list[int | Connection]) -> None:
    """End this process once a pipe's other end is closed or another process has adopted this one."""
    # The process id alone is not enough: a fork server is its children's parent, and lives as long as they do.
    started_by = os.getppid()
    while os.getppid() == started_by and not wait(ends, timeout=_SECONDS):
        pass

    for child in multiprocessing.active_children():
        child.kill()
    os._exit(1)
