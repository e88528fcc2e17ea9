"""Laws of a folder's lock: one process has it, until it ends."""

import subprocess
import sys

import pytest

from leukgan.errors import InputError
from leukgan.run_folder.lock import hold, one_at_a_time

HOLDER = (
    "import sys; from pathlib import Path; from leukgan.run_folder.lock import hold\n"
    "hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


WAITER = (
    "import sys; from pathlib import Path; from leukgan.run_folder.lock import one_at_a_time\n"
    "print('waits', flush=True)\n"
    "with one_at_a_time(Path(sys.argv[1])): print(Path(sys.argv[2]).exists())"
)


def test_a_process_waits_for_the_one_in_the_block_before(tmp_path):
    file, done = tmp_path / "folder" / "lock", tmp_path / "done"
    command = [sys.executable, "-c", WAITER, str(file), str(done)]
    with one_at_a_time(file):
        other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert other.stdout.readline() == "waits\n"
        done.touch()
    assert other.communicate()[0] == "True\n"


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
