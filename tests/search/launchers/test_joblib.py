"""Laws of `launcher=joblib`: the bytes of a run alone, cores that are shared, and no process left behind."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from processes import left_of_session, session
from search.launchers.multiruns import JOBS, MULTIRUN, check_jobs, command, environment, run

pytest.importorskip("hydra_plugins.hydra_joblib_launcher", reason="the extra joblib is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told apart in Linux's /proc"),
]
LAUNCHER = "launcher=joblib"


def take_two_cores():
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def test_two_jobs_on_two_cores_have_one_each_and_the_bytes_of_a_run_alone(alone, tmp_path):
    said = run(tmp_path, *MULTIRUN, LAUNCHER, first=take_two_cores)
    assert said.splitlines()[0] == "2 jobs, 0 of them done before"
    assert said.splitlines()[-1] == "The result is in runs/jobs/leaderboard.csv"
    check_jobs(tmp_path, alone, LAUNCHER)


def test_no_process_outlives_a_launching_process_that_is_killed(tmp_path):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core trains one job at a time, and these have no end")
    arguments = command(*MULTIRUN, LAUNCHER, "generator_steps=1000000")
    launching = subprocess.Popen(
        arguments, cwd=tmp_path, env=environment(), start_new_session=True, stderr=subprocess.DEVNULL
    )
    while len(list(tmp_path.glob("runs/jobs/*/split-00/gan/*/last.ckpt"))) < len(JOBS):
        assert launching.poll() is None
        time.sleep(0.1)
    assert len(session(launching.pid)) > 1 + 2 * len(JOBS)  # joblib's, and at least one for the GANs of each
    launching.kill()
    launching.wait()
    assert left_of_session(launching.pid) == []
