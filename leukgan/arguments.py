"""The arguments of all constructors that conf/ names, with default, range and meaning, without importing them.

The constructors hold the defaults; arguments.json repeats them, so that --help need not wait for torch. `make format`
writes it by `python -m leukgan.tools.argument_table`, and a test holds that nothing is missing. A file in conf/ takes
its constructor's arguments by `- /arguments@_here_: <_target_>` among its defaults.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from leukgan.errors import PACKAGE

TABLE = PACKAGE / "arguments.json"
ARGUMENTS: dict[str, dict[str, dict[str, Any]]] = json.loads(TABLE.read_text())  # target -> argument -> what is known
TRAINER = "lightning.Trainer"  # whose arguments settings take below trainer, besides those of leukgan's Training

REGISTERED: set[tuple[str, str]] = set()  # group and name of the constructors that a program has registered


def allow_target(group: str, constructor: Callable[..., Any]) -> None:
    """Let the settings of a group, such as gan, name a constructor as their `_target_`."""
    REGISTERED.add((group, f"{constructor.__module__}.{constructor.__qualname__}"))


def defaults_of(target: str) -> dict[str, Any]:
    """The arguments of a constructor that have a default; none for one that conf/ does not name."""
    known = ARGUMENTS.get(target, {})
    return {name: argument["default"] for name, argument in known.items() if "default" in argument}


def with_defaults(settings: Any) -> Any:
    """Settings, also those of an older run folder, with the defaults of every constructor that they name."""
    if isinstance(settings, list | tuple):
        return [with_defaults(value) for value in settings]
    if not isinstance(settings, Mapping):
        return settings
    return defaults_of(str(settings.get("_target_"))) | {key: with_defaults(value) for key, value in settings.items()}
