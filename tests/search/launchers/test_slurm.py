"""Laws of `launcher=slurm`, on a SLURM of one node that each test starts for itself."""

import shutil
from pathlib import Path

import pytest
from search.launchers.multiruns import MULTIRUN, check_jobs, run

pytest.importorskip("hydra_plugins.hydra_submitit_launcher", reason="the extra slurm is not installed")
needed = ("munged", "slurmctld", "slurmd", "sbatch", "srun")
missing = [name for name in needed if not shutil.which(name) and not shutil.which(name, path="/usr/sbin")]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not installed; Debian: slurm-wlm and munge"),
]
SLURM = str(Path(__file__).parent / "one_node_slurm.sh")
LAUNCHER = "launcher=slurm"


def test_two_jobs_have_the_bytes_of_a_run_alone_and_the_cores_that_were_asked_for(alone, tmp_path):
    cores = "hydra.launcher.cpus_per_task=1"
    run(tmp_path, *MULTIRUN, LAUNCHER, cores, before=[SLURM])
    check_jobs(tmp_path, alone, LAUNCHER)
    logs = [path.read_text() for path in tmp_path.glob("runs/**/.submitit/*/*_log.out")]
    assert sum("Job completed successfully" in log for log in logs) == 2
