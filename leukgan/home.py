"""How a path that begins with ~ is read."""

from pathlib import Path


def expand_home(path: str | Path) -> Path:
    """A path whose ~ is the home folder; ~name is a name like any other where there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
