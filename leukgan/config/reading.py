"""From typed arguments and a composed config to an object of its schema; unknown keys are errors."""

import re
from dataclasses import fields, is_dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from leukgan.arguments import ARGUMENTS, TRAINER
from leukgan.config.parts import EXTERNAL
from leukgan.config.study import PER, Settings
from leukgan.config.targets import TARGET, check_targets, import_trusted, trusted_packages
from leukgan.errors import InputError, unknown_setting

OF_STUDIES = (f"data.{EXTERNAL}", f"gan.{PER}")  # keys beside a constructor's arguments that a study itself reads


def as_override(argument: str) -> str:
    """A typed argument as Hydra takes it.

    It may name any argument of a constructor, also if no YAML has it; generated=FOLDER is short for generated.root.
    """
    argument = re.sub(r"^generated=", "generated.root=", argument)
    return re.sub(r"^(?=(data|gan|trainer|classifier|logger|callbacks|quality)\.[\w.]+=|space=)", "++", argument)


def as_typed(argument: str) -> str:
    """An override as the user typed it, without what `as_override` adds."""
    return argument.removeprefix("++")


def read_config(cfg: DictConfig) -> Any:
    """A composed config as an object of its schema, with checked values.

    Raises:
        InputError: A key is unknown, a value is wrong, or a constructor is named that settings may not run.
    """
    check_targets(OmegaConf.to_container(cfg, resolve=True), trusted_packages())
    _check_keys(cfg)
    config = OmegaConf.to_object(cfg)
    import_trusted(cfg.get("trust", ()))
    if isinstance(config, Settings):
        config.check()
    return config


def _check_keys(cfg: DictConfig, path: str = "") -> None:
    """Refuse keys that the schema lacks, or without a value, at the top and in every part with a schema of its own."""
    known = {field.name for field in fields(OmegaConf.get_type(cfg))}  # type: ignore[arg-type]
    for key in map(str, cfg):
        if key not in known:
            raise unknown_setting(f"{path}{key}", known)
    for key in sorted(known):
        if key not in cfg:
            raise InputError(f"{path}{key} has no value; give it one, and take nothing away with ~.")
        section = _section(cfg, key, f"{path}{key}")
        if is_dataclass(OmegaConf.get_type(cfg, key)):
            _check_keys(section, f"{path}{key}.")
        elif section is not None:
            _check_arguments(section, f"{path}{key}")


def _check_arguments(node: DictConfig, path: str) -> None:
    """Refuse keys that the constructors of a node lack, where arguments.json knows all of them."""
    known = ARGUMENTS.get(str(node.get(TARGET)), {})
    if known and path == "trainer":
        known = known | ARGUMENTS[TRAINER]
    for key in map(str, node):
        if known and key not in known and key != TARGET and f"{path}.{key}" not in OF_STUDIES:
            raise unknown_setting(f"{path}.{key}", known)
        section = _section(node, key, f"{path}.{key}")
        if section is not None:
            _check_arguments(section, f"{path}.{key}")


def _section(parent: DictConfig, key: str, path: str) -> Any:
    """The settings that a key holds, which may be those of another by an interpolation; None if it holds none."""
    node = parent._get_node(key)
    if not isinstance(node, DictConfig):
        return None

    section, kind = parent[key], node._metadata.ref_type
    fits = isinstance(section, DictConfig) and (not is_dataclass(kind) or OmegaConf.get_type(section) is kind)
    if section is not None and not fits:
        raise InputError(
            f"{path} holds several settings, and what it is set to holds no such; leave it out, or set them one by one."
        )
    return section
