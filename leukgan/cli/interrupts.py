"""Ctrl-C ends a command in a sentence also while it is being imported: import this before all that takes time."""

import os
import signal
import sys
from types import TracebackType


def end_in_a_sentence(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python calls at the end of a program by an exception."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    print("error: stopped by Ctrl-C; the same command continues.", file=sys.stderr, flush=True)
    os._exit(128 + signal.SIGINT)  # Python itself would end by the signal, which is no exit code


sys.excepthook = end_in_a_sentence
