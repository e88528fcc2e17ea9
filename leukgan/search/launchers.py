"""Jobs of a multirun in processes of their own, which joblib, SLURM or Ray run."""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import cache

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

PACKAGES = {
    "joblib": "hydra-joblib-launcher",
    "submitit_slurm": "hydra-submitit-launcher",
    "ray": "hydra-ray-launcher",
}


def lacking(message: str) -> str | None:
    """What to install, where Hydra's error says that it doesn't know a launcher of conf/launcher; else None."""
    unknown = re.search(r"Could not find 'hydra/launcher/(\w+)'", message)
    package = PACKAGES.get(unknown.group(1)) if unknown else None
    if not unknown or package is None:
        return None
    launcher, command = unknown.group(1).removeprefix("submitit_"), f"{sys.executable} -m pip install {package}"
    return f"launcher={launcher} needs the package {package}; install it with: {command}"


@dataclass(frozen=True)
class Launch:
    """The process that was given the command. Its jobs take this along, pickled, to the process that does them."""

    process: int = field(default_factory=os.getpid)
    folder: str = field(default_factory=os.getcwd)

    def enter(self) -> None:
        """Give a job's process the launching one's folder, and let it start processes as that one would.

        One of joblib's ends with the launching process, which nothing else would see to.
        """
        if not is_launched():
            return
        os.chdir(self.folder)
        multiprocessing.set_start_method("spawn", force=True)  # joblib's own is unknown to the processes of its jobs
        if os.getppid() == self.process:
            end_with(self.process)


def is_launched() -> bool:
    """Whether this job was handed to a launcher other than Hydra's own."""
    hydra = HydraConfig.get()
    return hydra.mode == RunMode.MULTIRUN and not hydra.launcher._target_.startswith("hydra._internal.")


@cache  # one watch for all jobs of this process
def end_with(parent: int) -> None:
    """See to it that this process ends soon after its parent."""
    threading.Thread(target=watch, args=(parent,), daemon=True).start()


def watch(parent: int) -> None:
    """End this process when its parent has ended."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
