"""What stops a command: it closes what it has begun, says so, and ends with the code that shells expect.

Import this before all that takes time: Ctrl-C then ends the command in a sentence while it is still being imported.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

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


def _end_in_a_sentence(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python calls at the end of a program by an exception: Ctrl-C outside of `stop_by_signals` is one."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    stop = Stopped(signal.SIGINT)
    print(f"error: {stop}", file=sys.stderr, flush=True)
    os._exit(stop.exit_code)  # Python itself would end by the signal, which is no exit code


sys.excepthook = _end_in_a_sentence
