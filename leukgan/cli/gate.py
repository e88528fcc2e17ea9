"""What a command's settings may run, checked before Hydra itself builds anything from them."""

import re
from collections.abc import Sequence
from pathlib import Path

from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_automatic_config_search_path, get_args_parser
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from leukgan.config import belongs_to, check_targets, targets_within, trusted_by
from leukgan.errors import InputError

PLUGINS = re.compile(r"hydra\._internal\.core_plugins\.\w+\.[A-Z]\w*|hydra_plugins(\.\w+){1,2}\.[A-Z]\w*")


def check_code(command: str, arguments: Sequence[str], conf: Path) -> None:
    """Refuse settings that name code which they may not run, also in Hydra's own callbacks, launcher and sweeper."""
    given = get_args_parser().parse_args(list(arguments))
    if given.cfg or given.info or given.hydra_help or given.shell_completion:
        return

    # As Hydra composes to learn its mode: the settings that all jobs of a sweep share.
    places = create_automatic_config_search_path(None, None, str(Path(given.config_path or conf).absolute()))
    if given.config_dir:
        places.prepend(
            "command-line", f"file://{Path(given.config_dir).absolute()}", SearchPathQuery(provider="schema")
        )
    try:
        composer = Hydra.create_main_hydra2(command, places)
        name = given.config_name or command
        composed = composer.compose_config(name, given.overrides, RunMode.MULTIRUN, validate_sweep_overrides=False)
    finally:
        GlobalHydra.instance().clear()

    if given.multirun and "space" not in composed:
        raise InputError(f"{command} has no jobs to run at once; leave out -m.")
    _refuse_folders(composed)
    trusted = trusted_by(given.overrides)
    for key, target in targets_within(OmegaConf.to_container(composed.hydra)):
        if not PLUGINS.fullmatch(target) and not belongs_to(target, trusted):
            raise InputError(f"hydra.{key}={target} names code that settings may not run; leave it out.")
    with open_dict(composed):
        del composed["hydra"]
    check_targets(OmegaConf.to_container(composed, resolve=True), trusted)


def _refuse_folders(composed: DictConfig) -> None:
    """Refuse a file that moves Hydra's folders: the arguments that do were refused before."""
    for key, own in (("run", "."), ("sweep", "${runs}/${name}")):
        folder = composed.hydra[key]._get_node("dir")._value()
        if folder != own and (key == "run" or "space" in composed):
            raise InputError(
                f"a file has hydra.{key}.dir={folder}, which has no use: the run folder is <runs>/<name>; set runs or "
                "name instead."
            )
