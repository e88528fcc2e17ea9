"""What a command says on standard error while it works; names are shown as they are, brackets included."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.text import Text

SETTLED = 20  # seconds of work after which its speed is known

_label = ""  # of the job whose lines are printed


class LabelledConsole(Console):
    """A console whose lines begin with the label of the job that prints them, and are broken by the terminal alone."""

    def print(self, *objects: Any, **options: Any) -> None:
        text = any(isinstance(part, str) for part in objects)
        label = [f"{_label}:"] if _label and text else []
        super().print(*label, *objects, **{"soft_wrap": text} | options)


def stderr_console() -> Console:
    """A console that takes no part of a text for markup."""
    return LabelledConsole(stderr=True, markup=False, highlight=False)


@contextmanager
def labelled(label: str) -> Iterator[None]:
    """Begin each line of a job with its label: those of jobs beside it go to the same terminal."""
    global _label
    before, _label = _label, label
    try:
        yield
    finally:
        _label = before


def time_left(seconds: float) -> str:
    """How long work still takes at the speed so far, in words."""
    return f"{timedelta(seconds=round(seconds))} left at this speed (hours:minutes:seconds)"


@contextmanager
def status(words: str, console: Console | None = None) -> Iterator[Callable[..., None]]:
    """Show beside a spinner what is being done.

    The given function replaces the words. It takes the share of the work that is done too, from 0 to 1, and prints
    once, when the speed is known, how long the rest takes.
    """
    console, told = console or stderr_console(), False
    begun: tuple[float, float] | None = None  # time and share at the first report that has a share

    with console.status(Text(words)) as shown:

        def show(later: str, share: float | None = None) -> None:
            nonlocal begun, told
            shown.update(Text(later))
            if share is None or told:
                return

            now = time.monotonic()
            start, first = begun = begun or (now, share)
            if now - start > SETTLED and first < share < 1:
                left = (now - start) / (share - first) * (1 - share)
                console.print(f"{later}; {time_left(left)}")
                told = True

        yield show
