"""Arguments of a command line, between what is typed and what Hydra takes."""

from __future__ import annotations

import re


def opened(argument: str) -> str:
    """Let an override name any argument of a constructor, also one that its YAML leaves at its default."""
    return re.sub(r"^(?=(data|gan|trainer|classifier|logger|quality)\.[\w.]+=|space=)", "++", argument)


def typed(argument: str) -> str:
    """An override without the signs that `opened` adds."""
    return argument.removeprefix("++")
