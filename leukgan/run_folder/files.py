"""The run folder: files that are whole or absent, states, and the provenance of every number."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

import leukgan
from leukgan.config import as_typed
from leukgan.errors import InputError

PACKAGES = ("torch", "torchvision", "lightning", "torchmetrics", "scikit-learn", "numpy", "scipy", "pandas", "pillow")


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


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    write_atomic(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """The value of a JSON file, or None where there is no such file."""
    return json.loads(path.read_text()) if path.exists() else None


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


def code_version() -> str:
    """The package's version, with the commit: of the git checkout that holds the code, or the container's."""
    source = Path(__file__).parent
    git = ["git", "-C", str(source), "describe", "--always", "--dirty", "--exclude=*"]
    if (source.parent / ".git").exists() and shutil.which("git") is not None:
        commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    else:
        commit = os.environ.get("LEUKGAN_REVISION", "")
    return f"{leukgan.__version__}+{commit}" if commit else leukgan.__version__


def command() -> str:
    """The command of this process as it was typed: without the signs that let settings be added, and no password."""
    arguments = [re.sub(r"(://[^/@:]*):[^/@]*@", r"\1:***@", as_typed(argument)) for argument in sys.argv[1:]]
    return shlex.join(["python", sys.argv[0], *arguments])


def package_versions() -> dict[str, str]:
    """Versions of the packages that make the numbers."""
    return {name: importlib.metadata.version(name) for name in PACKAGES} | {"python": platform.python_version()}


def processor() -> str:
    """The machine's processor and its share, in words."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{name}, {torch.get_num_threads()} threads"
