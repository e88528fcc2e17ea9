"""Law of kills: a study killed at any moment leaves no process, and the same command ends it as an undisturbed one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from apps import ROOT
from processes import left_of_session
from quick_study import STUDY
from test_faults import contents

MOMENTS = 30

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/1").is_dir(), reason="processes are counted in /proc"),
]


def start(folder):
    """Start the study in a session of its own; what it says is in the file `console`."""
    command = [sys.executable, str(ROOT / "experiments" / "study.py"), *STUDY]
    with (folder / "console").open("w") as console:
        return subprocess.Popen(command, cwd=folder, start_new_session=True, stdout=console, stderr=console)


def end(process, folder):
    """Wait for the study; its exit code, once nothing of it runs and no traceback was seen."""
    code = process.wait()
    assert left_of_session(process.pid) == []
    assert "Traceback" not in (folder / "console").read_text()
    return code


def count_files(folder):
    return sum(len(files) for *_, files in os.walk(folder / "runs"))


def names(folder):
    return {path.relative_to(folder) for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    assert end(start(folder), folder) == 0
    return folder


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_study_that_was_killed_is_ended_by_the_same_command(undisturbed, tmp_path, moment):
    """Killed as it has written that part of its files: with its trainings, or, each second time, without them."""
    process, files = start(tmp_path), count_files(undisturbed) * moment // MOMENTS
    while count_files(tmp_path) < files:
        assert process.poll() is None
        time.sleep(0.001)
    (os.kill if moment % 2 else os.killpg)(process.pid, signal.SIGKILL)
    assert end(process, tmp_path) == -signal.SIGKILL

    assert end(start(tmp_path), tmp_path) == 0
    mine, theirs = (folder / "runs" / "toy" for folder in (tmp_path, undisturbed))
    assert contents(mine / "split-00") == contents(theirs / "split-00")
    assert names(mine) == names(theirs)
