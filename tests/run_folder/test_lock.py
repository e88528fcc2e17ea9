"""Laws of a folder's lock: one process has it, until it ends."""

import fcntl
import subprocess
import sys

import pytest

from leukgan.errors import InputError
from leukgan.run_folder.lock import hold, one_at_a_time

HOLDER = (
    "import sys; from pathlib import Path; from leukgan.run_folder.lock import hold\n"
    "hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


def test_no_other_gets_into_a_block_before_it_is_left(tmp_path):
    file = tmp_path / "folder" / "lock"
    with one_at_a_time(file), file.open("ab") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with file.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_process_holds_a_folder_once_and_no_other_does_until_it_ends(tmp_path):
    folder = tmp_path / "split-00"
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match=rf"^another process works in {folder}; wait until it has ended, or "):
            hold(folder)
        other.kill()
    assert hold(folder)
    assert not hold(folder)
    assert not hold(folder.rename(tmp_path / "moved"))
    command[-1] = str(tmp_path / "moved")
    assert subprocess.run(command, stdin=subprocess.DEVNULL, check=False, capture_output=True).returncode == 1


def test_a_process_that_holds_a_folder_ends_without_a_warning(tmp_path):
    command = [sys.executable, "-W", "error", "-c", HOLDER, str(tmp_path / "split-00")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=True, capture_output=True, text=True)
    assert done.stdout == "held\n"
    assert done.stderr == ""
