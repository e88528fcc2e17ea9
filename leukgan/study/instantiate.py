"""Objects from the nodes of a config, with errors that name the wrong setting."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import hydra
from hydra.errors import InstantiationException
from hydra.utils import get_object

from leukgan.config import TARGET
from leukgan.errors import InputError, unknown_setting


def instantiate(group: str, node: Mapping[str, Any], shared: Collection[str] = ()) -> Any:
    """What the `_target_` of a config's node makes of the node's other keys.

    Args:
        group: The node's key, such as `gan` or `classifier.svm`.
        node: Its content.
        shared: Arguments that are set in the group above: `classifier.weights` is every classifier's.

    Raises:
        InputError: The target has no such argument, or refuses a value.
    """
    _check_arguments(group, node)
    check_types(group, node)
    try:
        return hydra.utils.instantiate(node, _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, InputError):
            raise cause.under(group.rpartition(".")[0] if cause.setting in shared else group) from None
        if isinstance(cause, TypeError | ValueError):
            raise InputError(f"{group}: {str(cause).splitlines()[0]}") from error
        raise


def _check_arguments(group: str, node: Mapping[str, Any]) -> None:
    parameters = inspect.signature(get_object(str(node[TARGET]))).parameters
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for name in node:
        if name not in parameters and name != TARGET:
            raise unknown_setting(f"{group}.{name}", parameters)


def check_types(group: str, node: Mapping[str, Any]) -> None:
    """Refuse a number, a text, a boolean or nothing where the constructor's argument is of another kind."""
    constructor = get_object(str(node[TARGET]))
    typed = getattr(constructor, "Settings", constructor)  # a GAN's
    try:
        hints = get_type_hints(typed.__init__ if inspect.isclass(typed) and not is_dataclass(typed) else typed)
    except (NameError, TypeError):  # of a user's own, whose hints are known to a type checker alone
        return
    for name, value in node.items():
        kinds = _kinds(hints.get(name, Any))
        if kinds and not isinstance(value, list | dict) and type(value) not in kinds:
            shown = {None: "null", True: "true", False: "false"}.get(value, repr(value))
            words = " or ".join(WORDS[kind] for kind in WORDS if kind in kinds and not (kind is int and float in kinds))
            raise InputError(f"{{setting}} must be {words}, got {shown}.", setting=name, value=value).under(group)


WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", NoneType: "null"}


def _kinds(hint: Any) -> set[type]:
    """The plain kinds of value that a type hint allows; none if it allows others than plain ones."""
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if not all(part in WORDS for part in parts):
        return set()
    return {*parts, *([int] if float in parts else [])}
