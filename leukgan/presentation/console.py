"""What a command says on standard error while it works; names are shown as they are, brackets included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text


def stderr_console() -> Console:
    """A console that takes no part of a text for markup."""
    return Console(stderr=True, markup=False, highlight=False)


@contextmanager
def status(words: str, console: Console | None = None) -> Iterator[Callable[[str], None]]:
    """Show beside a spinner what is being done; the given function replaces the words."""
    with (console or stderr_console()).status(Text(words)) as shown:
        yield lambda later: shown.update(Text(later))
