"""The processes of a session, as Linux's /proc tells them."""

import os
import signal
import time
from pathlib import Path

PATIENCE = 60  # seconds; a process sees within one that the process that started it has ended


def session(leader):
    """The processes of a session that run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, leader_of = path.read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(leader_of) == leader and state != "Z":
            found.append(int(path.parent.name))
    return found


def left_of_session(leader):
    """The processes of a session that do not end after their leader; they are ended here."""
    deadline = time.monotonic() + PATIENCE
    while session(leader) and time.monotonic() < deadline:
        time.sleep(0.1)

    left = session(leader)
    for process in left:
        os.kill(process, signal.SIGKILL)
    return left
