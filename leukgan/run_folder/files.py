"""Files that are whole or absent, their hashes, and the room for them.

Text in a csv file stays text at every read, whatever it looks like.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from leukgan.errors import InputError
from leukgan.run_folder.paths import remade_with

if TYPE_CHECKING:  # every command imports this module, also to print its help
    import pandas as pd

TEXT = (  # columns whose values may look like a number, a boolean or nothing: 01, true, NA
    *("protocol", "control", "classifier", "training_set", "test_set", "class", "kind", "image"),
    *("measure", "metric", "features", "nearest", "sha256", "checkpoint", "source", "against"),
)
MISSING = ("", "nan")  # of a number


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file whole or not at all: beside its place first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read_given(path: Path) -> bytes:
    """The bytes of a file that the user names.

    Raises:
        OSError: It can't be read; a pipe, which would be waited for, is none.
    """
    if path.exists() and not path.is_file():
        raise OSError("it is no file")
    return path.read_bytes()


def sweep_parts(folder: Path) -> None:
    """Delete the unfinished files that a killed process has left; for a folder in which no other process writes."""
    for path in folder.rglob(".*.part"):
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    write_atomic(path, json_text(value))


def json_text(value: Any) -> str:
    """A value as indented JSON."""
    return json.dumps(value, indent=2) + "\n"


def read_json(path: Path) -> Any:
    """The value of a JSON file of a run folder; None if missing.

    Raises:
        InputError: It is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    except (ValueError, RecursionError) as error:
        raise damaged(path, error) from error


def read_settings(path: Path) -> dict[str, Any]:
    """The settings in a run folder's YAML file, as OmegaConf writes it.

    Raises:
        InputError: It is missing, damaged, or names a constructor that settings may not run.
    """
    # Which a GAN taken as a library does without.
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from leukgan.config import check_targets, trusted_packages

    if not path.exists():
        raise damaged(path, "it is missing")
    try:
        # A few aliases of aliases would take all memory; none is ever written.
        text = path.read_text(encoding="utf-8")
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise damaged(path, "it has aliases")
        content = OmegaConf.to_container(OmegaConf.create(text))
    except (yaml.YAMLError, OmegaConfBaseException, UnicodeDecodeError, RecursionError) as error:
        raise damaged(path, error) from error
    if not isinstance(content, dict) or not content:
        raise damaged(path, "it has no names and values")
    check_targets(content, trusted_packages(), str(path))
    return {str(key): value for key, value in content.items()}


def read_rows(path: Path, text: tuple[str, ...] = TEXT) -> pd.DataFrame:
    """The rows of a csv file that leukgan wrote, with the columns named in `text` as text.

    Raises:
        InputError: The file is damaged.
    """
    import pandas as pd

    try:
        names = pd.read_csv(path, nrows=0).columns
        return pd.read_csv(
            path,
            dtype={name: str for name in names if name in text},
            keep_default_na=False,
            na_values={name: MISSING for name in names if name not in text},
        )
    except ValueError as error:  # of pandas, or of text that is none
        raise damaged(path, error) from error


def refuse_pipes(folder: Path) -> None:
    """Raise InputError if a run folder holds a pipe or a device, for which a reader would wait without end."""
    for path in folder.rglob("*"):
        if path.exists() and not path.is_file() and not path.is_dir():
            raise damaged(path, "it is no file")


def damaged(path: Path, why: object) -> InputError:
    """The error about a damaged file of a run folder, with what to delete."""
    reason = " ".join(str(why).split()) if not isinstance(why, RecursionError) else "it is nested too deeply"
    return InputError(
        f"{path} is damaged ({reason}); delete {remade_with(path)}, and the command that made it makes it anew."
    )


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_space(folder: Path, mebibytes: float) -> None:
    """Refuse to start where the disk of `folder` has less than this free."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 2**20
    if free < mebibytes:
        raise InputError(
            f"the disk of the run folder {folder} has {free:.0f} MiB free and this run needs {mebibytes:.0f} MiB; "
            "make room or start in another folder."
        )
