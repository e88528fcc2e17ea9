"""Law of kept memory: what a command frees stays with its process, which takes it again without the system's help."""

import subprocess
import sys

import pytest
from apps import TOY, run_app

PROGRAM = """
import os
from pathlib import Path
import numpy as np
from leukgan.memory import keep_memory
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
if {keeps}:
    keep_memory()
before = resident()
block = np.ones(2**26, np.uint8)
del block
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
@pytest.mark.parametrize("keeps", [True, False])
def test_a_freed_block_stays_with_a_process_that_keeps_memory(keeps):
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(keeps=keeps)], capture_output=True, text=True)
    assert (int(done.stdout) >= 60) == keeps  # of 64 MiB


def test_commands_keep_memory(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr("leukgan.cli.keep_memory", lambda: done.append("kept"))
    assert run_app("split", tmp_path, *TOY, "name=toy") == 0
    assert done == ["kept"]
