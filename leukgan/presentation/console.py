"""What a command says on standard error while it works; names are shown as they are, brackets included."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from rich.console import Console
from rich.text import Text

T = TypeVar("T")

SETTLED = 20  # seconds of work after which its speed is known

_label = ""  # of the job whose lines are printed


class Progress(Protocol):
    """Takes the current work in a few words and, if it is counted, the number of done units and of all."""

    def __call__(self, words: str, done: int = 0, total: int = 0) -> None: ...


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


class Pace:
    """The speed of counted work whose units take about equally long, measured from the first report on."""

    def __init__(self) -> None:
        self._begun: tuple[float, int] | None = None  # time and units done at the first report

    def seconds_per_unit(self, done: int) -> float | None:
        """Seconds that a unit has taken, with so many done now; None until that is known."""
        now = time.monotonic()
        start, first = self._begun = self._begun or (now, done)
        return (now - start) / (done - first) if done > first and now - start > SETTLED else None


def silent(words: str, done: int = 0, total: int = 0) -> None:
    """A progress that nobody follows."""


def within(progress: Progress, part: str) -> Progress:
    """The progress of a part of the work, which names the part before the words."""

    def show(words: str, done: int = 0, total: int = 0) -> None:
        progress(f"{part}: {words}", done, total)

    return show


@contextmanager
def status(words: str, console: Console | None = None) -> Iterator[Progress]:
    """Show beside a spinner what is being done; plain lines where the output is no terminal.

    The given function replaces the words. If it takes the number of done units of all too, which take about equally
    long, the time left is shown as soon as their speed is known. A smaller number of done units, or another of all, is
    the beginning of other work. Plain lines are few: one for each count with its time left, and the words of work of
    unknown speed if nothing was said for a while.
    """
    console = console or stderr_console()
    pace, counted, told, printed = Pace(), (0, 0), False, time.monotonic()

    with console.status(Text(words)) as shown:

        def show(words: str, done: int = 0, total: int = 0) -> None:
            nonlocal pace, counted, told, printed
            if total != counted[1] or done < counted[0]:
                pace, told = Pace(), False
            counted, now = (done, total), time.monotonic()

            seconds = pace.seconds_per_unit(done) if done < total else None
            if seconds is not None:
                words = f"{words}; {time_left(seconds * (total - done))}"
            shown.update(Text(words))

            if not console.is_terminal and (now - printed > SETTLED if seconds is None else not told):
                console.print(words)
                told, printed = seconds is not None, now

        yield show


def each(items: Sequence[T], name: str) -> Iterator[T]:
    """The items, which take about equally long; after one that has taken a while, how long the others take.

    An item that was done before takes no time, and tells nothing of the others.
    """
    for done, item in enumerate(items, start=1):
        start = time.monotonic()
        yield item
        seconds = time.monotonic() - start
        if seconds > SETTLED and done < len(items):
            stderr_console().print(f"{done} of {len(items)} {name}; {time_left(seconds * (len(items) - done))}")
