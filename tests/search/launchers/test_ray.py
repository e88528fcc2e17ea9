"""Laws of `launcher=ray`, on a Ray that the launching process starts for itself."""

import pytest
from search.launchers.multiruns import MULTIRUN, check_jobs, run

pytest.importorskip("hydra_plugins.hydra_ray_launcher", reason="the extra ray is not installed")

LAUNCHER = "launcher=ray"


@pytest.mark.slow
def test_two_jobs_have_the_bytes_of_a_run_alone_and_the_cores_that_were_asked_for(alone, tmp_path):
    cores = "hydra.launcher.ray.remote.num_cpus=1"
    run(tmp_path, *MULTIRUN, LAUNCHER, cores)
    check_jobs(tmp_path, alone, LAUNCHER)
