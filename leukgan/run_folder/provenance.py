"""Where a number comes from: the command, the code, the packages and the processor."""

import importlib.metadata
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import leukgan
from leukgan.config import as_typed
from leukgan.errors import INSTALLED

SECRET = r"\w*(?:pass|pwd|secret|token|api_?key)\w*"  # names of settings that stand in no file
OF_SETTINGS = re.compile(rf"(?i)((?:^|[.{{,\s])['\"]?{SECRET}['\"]?\s*[=:]\s*)[^,{{}}]+")
OF_ADDRESSES = re.compile(rf"(?i)([?&](?:{SECRET}|\w*key\w*)=)[^&'\"]*")
PACKAGES = ("torch", "torchvision", "lightning", "torchmetrics", "scikit-learn", "numpy", "scipy", "pandas", "pillow")


def code_version() -> str:
    """The package's version, with the commit of the git checkout that holds the code, or of the container."""
    source = Path(leukgan.__file__).parent
    git = ["git", "-C", str(source), "describe", "--always", "--dirty", "--exclude=*"]
    if (source.parent / ".git").exists() and shutil.which("git") is not None:
        commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    else:
        commit = os.environ.get("LEUKGAN_REVISION", "")
    return f"{leukgan.__version__}+{commit}" if commit else leukgan.__version__


def command() -> str:
    """The command of this process as it was typed, without passwords and keys."""
    arguments = [_without_secrets(as_typed(argument)) for argument in sys.argv[1:]]
    program = ["leukgan", Path(sys.argv[0]).stem] if INSTALLED else ["python", sys.argv[0]]
    return shlex.join([*program, *arguments])


def _without_secrets(argument: str) -> str:
    """An argument without what an address or a logger's settings say to nobody else."""
    if "://" in argument:
        argument = re.sub(r"(://[^/@:]*):.*@", r"\1:***@", argument)
        argument = re.sub(r"://[^/@:]+@", "://***@", argument)  # a token alone
        argument = OF_ADDRESSES.sub(r"\1***", argument)
    return OF_SETTINGS.sub(r"\1***", argument)


def package_versions() -> dict[str, str]:
    """Versions of the packages that make the numbers."""
    return {name: importlib.metadata.version(name) for name in PACKAGES} | {"python": platform.python_version()}


def processor() -> str:
    """Name of the machine's processor, and the threads in use."""
    import torch  # here: whoever asks for the command alone need not wait for it

    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{name}, {torch.get_num_threads()} threads"
