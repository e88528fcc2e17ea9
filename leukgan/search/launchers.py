"""Jobs of a multirun in processes of their own, which joblib, SLURM or Ray run."""

from __future__ import annotations

import multiprocessing
import os
import sys
from dataclasses import dataclass, field

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from leukgan.parent_process import end_with_parent

PACKAGES = {
    "joblib": "hydra-joblib-launcher",
    "submitit_slurm": "hydra-submitit-launcher",
    "ray": "hydra-ray-launcher",
}


def missing_package(config: str | None) -> str | None:
    """What to install, if a config that Hydra has not found is a launcher's, such as hydra/launcher/ray; else None."""
    group, _, plugin = (config or "").rpartition("/")
    if group != "hydra/launcher" or plugin not in PACKAGES:
        return None

    launcher, command = plugin.removeprefix("submitit_"), f"{sys.executable} -m pip install {PACKAGES[plugin]}"
    return f"launcher={launcher} needs the package {PACKAGES[plugin]}; install it with: {command}"


@dataclass(frozen=True)
class Launch:
    """The process that was given the command. Its jobs take this along, pickled, to the process that does them."""

    folder: str = field(default_factory=os.getcwd)

    def enter(self) -> None:
        """Give a job's process the launching one's folder, and let it start processes as that one would.

        One of joblib's ends with the launching process, which nothing else would see to.
        """
        if not is_launched():
            return
        os.chdir(self.folder)
        multiprocessing.set_start_method("spawn", force=True)  # joblib's own is unknown to the processes of its jobs
        end_with_parent()


def is_launched() -> bool:
    """Whether this job was handed to a launcher other than Hydra's own."""
    hydra = HydraConfig.get()
    return hydra.mode == RunMode.MULTIRUN and not hydra.launcher._target_.startswith("hydra._internal.")
