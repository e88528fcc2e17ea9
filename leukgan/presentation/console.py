"""What a command says on standard error while it works; names are shown as they are, brackets included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.text import Text

_label = ""  # of the job whose lines are printed


class LabelledConsole(Console):
    """A console whose lines begin with the label of the job that prints them."""

    def print(self, *objects: Any, **options: Any) -> None:
        labelled = _label and any(isinstance(part, str) for part in objects)
        super().print(*([f"{_label}:"] if labelled else []), *objects, **options)


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


@contextmanager
def status(words: str, console: Console | None = None) -> Iterator[Callable[[str], None]]:
    """Show beside a spinner what is being done; the given function replaces the words."""
    with (console or stderr_console()).status(Text(words)) as shown:
        yield lambda later: shown.update(Text(later))
