"""What stops a command: it closes what it has begun, says so, and ends with the code that shells expect."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}


class Stopped(KeyboardInterrupt):
    """A signal asks the command to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {SIGNALS[signal.Signals(number)]}; the same command continues.")
        self.exit_code = 128 + number


@contextmanager
def stop_by_signals() -> Iterator[None]:
    """Raise Stopped for each signal that stops a command; one that was ignored, as by nohup, stays so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stop_with_reader() -> Iterator[None]:
    """End quietly, as SIGPIPE does, where whoever reads the output, such as head, has enough."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still flushes
        sys.exit(128 + signal.SIGPIPE)


def _stop(number: int, frame: FrameType | None) -> None:
    for later in SIGNALS:  # a second one ends the command at once
        signal.signal(later, signal.SIG_DFL)
    raise Stopped(number)
