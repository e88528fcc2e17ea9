"""Writes leukgan/arguments.json: the arguments of all constructors that conf/ names.

python -m leukgan.tools.argument_table
"""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

from hydra.utils import get_object
from omegaconf import OmegaConf

from leukgan.arguments import TABLE, TRAINER
from leukgan.cli import CONF_FOLDER
from leukgan.config import targets_within
from leukgan.gans import GAN
from leukgan.gans.settings import LIMITS
from leukgan.run_folder.files import write_atomic

OF_THE_STUDY = ("seed", "classes")  # arguments of GANs that follow from the study's settings


def argument_table() -> str:
    """The content of arguments.json, from the constructors' signatures and docstrings."""
    table = {target: arguments_of(get_object(target)) for target in sorted(set(targets()))}
    table[TRAINER] = {name: {} for name in inspect.signature(get_object(TRAINER)).parameters}
    return json.dumps(table, indent=1) + "\n"


def targets() -> Iterator[str]:
    """Every constructor of leukgan that a file in conf/ names; those of Lightning change with its version."""
    for path in CONF_FOLDER.rglob("*.yaml"):
        for _, target in targets_within(OmegaConf.to_container(OmegaConf.load(path))):
            if target.startswith("leukgan."):
                yield target


def arguments_of(constructor: Any) -> dict[str, dict[str, Any]]:
    """The arguments of a constructor, each with its default, its range and its meaning where they are known."""
    gan = inspect.isclass(constructor) and issubclass(constructor, GAN)
    documented = constructor.Settings.__mro__ if gan else [constructor]
    meanings: dict[str, str] = {}
    for one in reversed(documented):
        meanings |= _meanings(inspect.getdoc(one) or "") if is_dataclass(one) or not gan else {}

    table: dict[str, dict[str, Any]] = {}
    for name, parameter in inspect.signature(constructor).parameters.items():
        own = gan and name in OF_THE_STUDY
        table[name] = {
            **({} if parameter.default is parameter.empty or own else {"default": parameter.default}),
            **({"range": _range(*LIMITS[name])} if gan and name in LIMITS else {}),
            **({"meaning": meanings[name]} if name in meanings else {}),
        }
    return table


def _meanings(text: str) -> dict[str, str]:
    """The description of each argument in a docstring, in one line."""
    section = re.search(r"^(?:Args|Attributes):\n((?:[ ]+.*\n?|\n)*)", text, re.MULTILINE)
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", section[1] if section else "", re.MULTILINE)
    return {name: re.sub(r"\s+", " ", meaning) for name, meaning in entries}


def _range(smallest: float, largest: float) -> str:
    return f"at least {smallest}" if largest == float("inf") else f"from {smallest} to {largest}"


if __name__ == "__main__":
    write_atomic(TABLE, argument_table())
