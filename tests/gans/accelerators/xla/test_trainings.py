"""Laws of a training on XLA, in a process of its own that computes on PJRT's CPU."""

import json

import pandas as pd
import pytest
import torch
from apps import TOY, run_app
from gans.accelerators.xla.runs import MARKS, QUICK_TO_COMPILE, assert_same, checkpoint_of, metrics_of, run

pytestmark = MARKS


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    run("trainings.py", folder)
    return folder


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


def test_an_app_trains_on_xla_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", QUICK_TO_COMPILE)
    settings = [argument for argument in TOY if not argument.startswith("trainer")]
    assert run_app("train_gan", tmp_path, *settings, "trainer=xla_cpu", "class_name=healthy", "name=toy") == 0
    split = tmp_path / "runs" / "toy" / "split-00"
    assert checkpoint_of(split / "gan" / "healthy")["generator_step"] == 5
    assert json.loads((split / "provenance.json").read_text())["device"].endswith(", through XLA")
