"""Laws of a training on XLA, each in a process of its own that computes on PJRT's CPU."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
import torch
from apps import TOY, run_app

pytestmark = [
    pytest.mark.skipif(find_spec("torch_xla") is None, reason="torch_xla is not installed"),
    pytest.mark.slow,
]
TESTS = Path(__file__).parent.parent
QUICK_TO_COMPILE = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


def run(script, *arguments, devices=1, flags=""):
    """Run one of the scripts beside this file and give what it writes to the console."""
    changes = {"PJRT_DEVICE": "CPU", "CPU_NUM_DEVICES": str(devices), "XLA_FLAGS": f"{QUICK_TO_COMPILE} {flags}"}
    done = subprocess.run(
        [sys.executable, str(TESTS / "xla" / script), *map(str, arguments)],
        env=os.environ | changes | {"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def assert_same(ours, expected, rtol):
    """Each tensor within rtol of the other's largest value."""
    assert ours.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(ours[name], value, rtol=0, atol=rtol * float(value.abs().max()), msg=name)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    run("trainings.py", folder)
    return folder


def metrics_of(folder):
    return pd.read_csv(folder / "metrics.csv", index_col="generator_step")


def checkpoint_of(folder):
    return torch.load(folder / "last.ckpt", weights_only=True)


@pytest.mark.parametrize("name", ["xla", "one_graph"])
def test_twenty_steps_are_those_of_the_cpu_without_xla(trained, name):
    pd.testing.assert_frame_equal(metrics_of(trained / name), metrics_of(trained / "eager"), rtol=1e-4, atol=1e-6)
    ours, expected = checkpoint_of(trained / name), checkpoint_of(trained / "eager")
    assert ours["generator_step"] == expected["generator_step"] == 20
    assert_same(ours["state_dict"], expected["state_dict"], rtol=1e-4)


def test_nothing_is_compiled_after_the_first_step(trained):
    compiles = pd.read_csv(trained / "xla" / "speed.csv")["compiles"]
    assert len(compiles) == 20
    assert compiles.iloc[0] > 0
    assert compiles.nunique() == 1


def test_nothing_is_computed_on_the_host_and_no_step_reads_a_number_back(trained):
    found = json.loads((trained / "found.json").read_text())
    # One number is read back after each epoch: whether all weights are numbers.
    assert found == {"fallbacks": ["aten::_local_scalar_dense"], "read_back": 0}


def test_a_seed_gives_the_same_training(trained):
    assert (trained / "again" / "metrics.csv").read_bytes() == (trained / "whole" / "metrics.csv").read_bytes()
    assert_same(checkpoint_of(trained / "again")["state_dict"], checkpoint_of(trained / "whole")["state_dict"], rtol=0)


def test_a_killed_training_continues_to_the_same_end(trained):
    continued, whole = trained / "continued", trained / "whole"
    assert (continued / "metrics.csv").read_bytes() == (whole / "metrics.csv").read_bytes()
    for part in ("state_dict", "optimizer_states"):
        ours, expected = checkpoint_of(continued)[part], checkpoint_of(whole)[part]
        torch.testing.assert_close(ours, expected, rtol=0, atol=0)


def test_a_training_in_bfloat16_follows_one_in_single_precision_and_is_another(trained):
    losses = ["train/critic_loss", "train/gradient_penalty"]
    half, single = (metrics_of(trained / name)[losses].iloc[:6] for name in ("bf16", "xla"))
    pd.testing.assert_frame_equal(half, single, rtol=0.05)
    assert (half != single).all(axis=None)
    state = checkpoint_of(trained / "bf16")["state_dict"]
    assert {value.dtype for value in state.values() if value.is_floating_point()} == {torch.float32}


@pytest.fixture(scope="module")
def two_cores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    run("two_cores.py", folder, devices=2)
    return folder, [torch.load(folder / f"core-{core}.pt") for core in (0, 1)]


def test_two_cores_keep_equal_weights_which_are_the_checkpoint_s(two_cores):
    """The collectives are stand-ins on the host: see two_cores.py."""
    folder, (first, second) = two_cores
    assert_same(second["state"], first["state"], rtol=0)
    assert_same(checkpoint_of(folder)["state_dict"], first["state"], rtol=0)
    before = torch.load(folder / "before.pt")
    assert not torch.equal(first["state"]["critic.unit.weight"], before["critic.unit.weight"])
    assert_same(torch.load(folder / "after.pt"), before, rtol=0)  # in the process that asked for the training


def test_two_cores_share_each_batch_and_draw_noise_of_their_own(two_cores):
    _, (first, second) = two_cores
    assert first["seen"].shape == second["seen"].shape == (8, 2, 3, 32, 32)
    pictures = [
        image.numpy().tobytes() for images in (first["seen"], second["seen"]) for image in images[:2].flatten(0, 1)
    ]
    assert len(set(pictures)) == 8  # all of one pass over eight images, each once
    assert not (first["drawn"] == second["drawn"]).any()


def test_one_core_alone_measures_writes_and_reports(two_cores):
    folder, _ = two_cores
    assert (folder / "reports.txt").read_text().split() == ["0", "4"]
    assert metrics_of(folder).index.tolist() == [1, 2, 3, 4]
    assert pd.read_csv(folder / "kid.csv")["generator_step"].tolist() == [2, 4]
    assert {path.name for path in folder.iterdir()} >= {"best.ckpt", "last.ckpt", "interpolation.png", "samples"}


def test_a_batch_on_four_virtual_devices_trains_as_on_one(tmp_path):
    run("virtual_devices.py", 1, tmp_path / "one.pt")
    dumps = tmp_path / "dumps"
    run("virtual_devices.py", 4, tmp_path / "four.pt", flags=f"--xla_dump_to={dumps} --xla_dump_hlo_as_text")
    assert any("all-reduce" in path.read_text() for path in dumps.glob("*after_optimizations.txt"))
    one, four = torch.load(tmp_path / "one.pt"), torch.load(tmp_path / "four.pt")
    assert (one["devices"], four["devices"]) == (1, 4)
    for ours, expected in zip(four["metrics"], one["metrics"], strict=True):
        assert ours == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert_same(four["state"], one["state"], rtol=1e-4)


def test_an_app_trains_on_xla_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", QUICK_TO_COMPILE)
    settings = [argument for argument in TOY if not argument.startswith("trainer")]
    assert run_app("train_gan", tmp_path, *settings, "trainer=xla_cpu", "class_name=healthy", "name=toy") == 0
    split = tmp_path / "runs" / "toy" / "split-00"
    assert checkpoint_of(split / "gan" / "healthy")["generator_step"] == 5
    assert json.loads((split / "provenance.json").read_text())["device"].endswith(", through XLA")
