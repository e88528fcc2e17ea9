"""Laws of processes that end with the one that started them."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
STARTS_A_CHILD_THAT_STARTS_ONE = """
import multiprocessing, os, threading, time
from leukgan.parent_process import end_with_parent

def child():
    threading.Thread(target=end_with_parent, daemon=True).start()
    grandchild = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
    grandchild.start()
    print(os.getpid(), grandchild.pid, flush=True)
    time.sleep(600)

started = multiprocessing.get_context("fork").Process(target=child)
started.start()
started.join()
"""


def test_a_killed_process_leaves_neither_its_child_nor_the_child_s():
    with subprocess.Popen([sys.executable, "-c", STARTS_A_CHILD_THAT_STARTS_ONE], stdout=subprocess.PIPE) as first:
        others = [Path("/proc") / number for number in first.stdout.readline().decode().split()]
        assert len(others) == 2
        assert all(path.exists() for path in others)
        first.kill()
    waited = time.monotonic()
    while any(path.exists() for path in others):
        assert time.monotonic() - waited < 60, "they live on"
        time.sleep(0.05)
