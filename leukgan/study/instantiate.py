"""Objects from the nodes of a config, the user's own and Lightning's included; errors name the wrong setting."""

import collections.abc
import inspect
import json
from collections.abc import Collection, Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import hydra
import lightning
from hydra.errors import InstantiationException
from hydra.utils import get_object

from leukgan.config import TARGET, StudySettings
from leukgan.errors import InputError, unknown_setting
from leukgan.gans import Training
from leukgan.gans.trainer_arguments import TrainerExtras, check_trainer_arguments
from leukgan.tracking.lightning_loggers import LightningTracking
from leukgan.tracking.stages import SeveralLoggers, Tracking

AS_LEUKGAN_HAS_IT = ("strategy", "num_nodes")  # arguments of the Trainer that can have one meaning only
WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", NoneType: "null"}
LISTS = (list, tuple, collections.abc.Sequence)


def instantiate(group: str, node: Mapping[str, Any], shared: Collection[str] = ()) -> Any:
    """What the `_target_` of a config's node makes of the node's other keys.

    Its key is `group`, such as `gan` or `classifier.svm`; `shared` arguments are set in the group above, as
    `classifier.weights` is every classifier's.

    Raises:
        InputError: The node names no target, or its target has no such argument or refuses a value.
    """
    if not isinstance(node, Mapping) or TARGET not in node:
        sentence = f"{group} has settings, one of them {TARGET}, got {node}"
        raise InputError(f"{sentence}; leave it out, or set {group}.<name>=.")
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
        hint = hints.get(name, Any)
        if not _fits(value, hint):
            shown = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
            sentence = f"{{setting}} must be {_words(hint)}, got {shown}."
            raise InputError(sentence, setting=name, value=value).under(group)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the kind of a type hint; an object that is still to be built is of every kind."""
    parts = _parts(hint)
    if isinstance(value, dict) and TARGET in value:
        return True
    if len(parts) > 1:
        return any(_fits(value, part) for part in parts)
    if hint in WORDS:
        return type(value) is hint or (hint is float and type(value) is int)
    if get_origin(hint) in LISTS:
        return isinstance(value, list) and all(_fits(element, get_args(hint)[0]) for element in value)
    return True


def _parts(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _words(hint: Any) -> str:
    """What a type hint allows, in words, in the order of WORDS; lists after them."""
    parts = _parts(hint)
    words = [WORDS[kind] for kind in WORDS if kind in parts and not (kind is int and float in parts)]
    words += [f"a list, each {_words(get_args(part)[0])}" for part in parts if get_origin(part) in LISTS]
    return " or ".join(words)


def build_training(config: StudySettings) -> tuple[Training, TrainerExtras]:
    """How the GANs are trained, and the callbacks and arguments of Lightning's Trainer that the user adds.

    Raises:
        InputError: There is no such callback or argument, or it is leukgan's own to set.
    """
    known = (TARGET, *inspect.signature(Training).parameters)
    own = {name: value for name, value in config.trainer.items() if name in known}
    further = {name: value for name, value in config.trainer.items() if name not in known}
    check_trainer_arguments(further)
    return instantiate("trainer", own), TrainerExtras(
        callbacks=[_build_callback(name, node) for name, node in config.callbacks.items()],
        arguments={name: value for name, value in further.items() if name not in AS_LEUKGAN_HAS_IT},
    )


def build_tracking(logger: Mapping[str, Any]) -> Tracking:
    """The tracker that logger= names, or all of several; InputError if a setting is wrong or a server refuses."""
    loggers = [_build_logger(name, node) for name, node in logger.items()]
    return loggers[0] if len(loggers) == 1 else SeveralLoggers(loggers)


def _build_callback(name: str, node: Any) -> lightning.Callback:
    key = f"callbacks.{name}"
    if not isinstance(node, dict) or TARGET not in node:
        raise InputError(f"{key} has no class; choose one of --help's callbacks, or give {key}.{TARGET}=<class>.")
    callback = instantiate(key, node)
    if not isinstance(callback, lightning.Callback):
        raise InputError(f"{key}.{TARGET}={node[TARGET]} is no callback of Lightning.")
    return callback


def _build_logger(name: str, node: Any) -> Tracking:
    """A logger of leukgan, or one of Lightning in a run of each stage."""
    if not isinstance(node, dict) or TARGET not in node:
        raise InputError(
            f"logger.{name}={node} is no logger; settings stand below a logger's name, as in logger.wandb.{name}=, and "
            f"one of your own needs its class, logger.mine.{TARGET}=."
        )
    constructor = get_object(node[TARGET])
    if inspect.isclass(constructor) and issubclass(constructor, lightning.pytorch.loggers.Logger):
        return LightningTracking(
            name=name, constructor=constructor, arguments={k: v for k, v in node.items() if k != TARGET}
        )
    tracking = instantiate(f"logger.{name}", node)
    if not isinstance(tracking, Tracking):
        raise InputError(f"logger.{name}.{TARGET}={node[TARGET]} is no logger of Lightning or of leukgan.")
    return tracking
