"""Laws of processes that end with the one that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")

CHILD = """
import multiprocessing, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from leukgan.parent_process import end_with_parent

def child(keepalive=None):
    end_with_parent(keepalive)
    grandchild = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
    grandchild.start()
    os.write(1, f"{os.getpid()} {grandchild.pid}\\n".encode())
    time.sleep(600)

if __name__ == "__main__":
"""
WAYS = {
    **{
        method: f"multiprocessing.get_context({method!r}).Process(target=child).start()"
        for method in ("fork", "spawn", "forkserver")
    },
    "pool": "held = ProcessPoolExecutor(1).submit(child)",  # as XLA starts the cores of a TPU
    "joblib": "import joblib; joblib.Parallel(2)(joblib.delayed(child)() for _ in range(2))",
}
WITH_A_PIPE = (
    "context = multiprocessing.get_context('spawn')",
    "reader, held = context.Pipe(duplex=False)",
    "context.Process(target=child, args=(reader,)).start()",
    "sys.stdin.readline(); held.close()",
)


@pytest.fixture
def start(tmp_path):
    """Starts a process that runs lines of a program; gives it and its children, as soon as they have told who they are.

    What still runs of them when the test ends is ended.
    """
    everyone = []

    def started(*lines):
        program = tmp_path / "program.py"
        program.write_text(CHILD + "".join(f"    {line}\n" for line in (*lines, "time.sleep(600)")))
        first = subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        everyone.append(first.pid)
        others = [int(number) for number in first.stdout.readline().split()]
        everyone.extend(others)
        assert len(others) == 2
        assert all(map(is_running, others))
        return first, others

    yield started
    for process in filter(is_running, everyone):
        os.kill(process, signal.SIGKILL)


def is_running(process):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_the_end_of(processes):
    deadline = time.monotonic() + 30
    while any(map(is_running, processes)):
        assert time.monotonic() < deadline, "they live on"
        time.sleep(0.05)


@pytest.mark.parametrize("way", WAYS)
def test_a_killed_process_leaves_neither_its_child_nor_the_child_s(start, way):
    if way == "joblib":
        pytest.importorskip("joblib")
    first, others = start(WAYS[way])
    with first:
        first.kill()
    wait_for_the_end_of(others)


def test_a_process_can_be_ended_by_one_that_lives_on(start):
    first, others = start(*WITH_A_PIPE)
    first.stdin.write("now\n")
    first.stdin.close()
    wait_for_the_end_of(others)
    assert first.poll() is None
    first.kill()
    first.wait()
    first.stdout.close()
