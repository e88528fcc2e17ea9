"""Law of faults: whatever ends a study, and when, the same command continues it to the bytes of an undisturbed one."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REMEDIES = {
    errno.EFBIG: "File too large: {place}; make room, then repeat.",
    errno.ENOSPC: "No space left on device: {place}; make room, then repeat.",
    errno.EROFS: "Read-only file system: {place}; start in a folder that you may write to, where runs/ is made.",
    errno.EIO: "Input/output error: {place}; repeat once the disk answers again.",
}
FEW = (5, 10, 20, 33, 46, 60, 90, 125, 200)  # renames; a run has some 150
# Files that tell of a clock, or of how often a training was continued; its weights are those that draw the images.
OWN = ("provenance.json", "speed.csv", "manifest.csv")


def contents(folder):
    """The files of a study that it repeats to the byte."""
    found = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes() for name, path in found.items() if name.name not in OWN and ".ckpt" not in name.name
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each attempt is a fork")
@pytest.mark.parametrize("moments", [FEW, pytest.param(range(3, 300, 3), marks=pytest.mark.long)], ids=["few", "many"])
def test_a_study_with_many_faults_ends_with_the_bytes_of_one_without(tmp_path, moments):
    """Killed, or on a disk that is full, closed or broken, with a clock that is set back before each attempt."""
    command = [sys.executable, Path(__file__).with_name("faults.py"), tmp_path, *map(str, moments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    *broken, last = map(json.loads, done.stdout.splitlines())
    assert len(broken) > 5
    assert last["code"] == 0
    for attempt in broken:
        if attempt["fault"] == "kill":
            assert attempt["code"] == -9
        else:
            place = attempt["sentence"].partition(": ")[2].partition("; ")[0]
            assert attempt["sentence"] == REMEDIES[attempt["fault"]].format(place=place)
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")
