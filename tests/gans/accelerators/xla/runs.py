"""Scripts of this folder in processes of their own, and what their trainings leave."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
import torch

MARKS = [
    pytest.mark.skipif(find_spec("torch_xla") is None, reason="torch_xla is not installed"),
    pytest.mark.slow,
]
FOLDER = Path(__file__).parent
TESTS = FOLDER.parents[2]
QUICK_TO_COMPILE = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


def start(script, *arguments, devices=1, flags=""):
    """Start one of the scripts."""
    changes = {"PJRT_DEVICE": "CPU", "CPU_NUM_DEVICES": str(devices), "XLA_FLAGS": f"{QUICK_TO_COMPILE} {flags}"}
    return subprocess.Popen(
        [sys.executable, str(FOLDER / script), *map(str, arguments)],
        env=os.environ | changes | {"PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(script, *arguments, **named):
    """Run one of the scripts to its end."""
    process = start(script, *arguments, **named)
    _, error = process.communicate()
    assert process.returncode == 0, error


def assert_same(ours, expected, rtol):
    """Each tensor within rtol of the other's largest value."""
    assert ours.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(ours[name], value, rtol=0, atol=rtol * float(value.abs().max()), msg=name)


def metrics_of(folder):
    return pd.read_csv(folder / "metrics.csv", index_col="generator_step")


def checkpoint_of(folder):
    return torch.load(folder / "last.ckpt", weights_only=True)
