"""Laws of asking for a training on XLA: what is refused, and what is taken."""

import sys
from contextlib import nullcontext
from types import ModuleType

import pytest

from leukgan.errors import InputError
from leukgan.gans import Training
from leukgan.gans.accelerators import xla


@pytest.fixture
def tpu(monkeypatch):
    """A machine with a TPU of so many cores."""
    monkeypatch.setitem(sys.modules, "torch_xla", ModuleType("torch_xla"))
    monkeypatch.setenv("PJRT_DEVICE", "")
    return lambda cores: monkeypatch.setattr(xla, "count_cores", lambda: cores)


@pytest.mark.parametrize("accelerator", ["tpu", "xla_cpu"])
def test_a_missing_package_is_told_with_the_extra_that_brings_it(monkeypatch, accelerator):
    monkeypatch.setitem(sys.modules, "torch_xla", None)  # which Python takes as not to be found
    monkeypatch.setenv("PJRT_DEVICE", "")
    with pytest.raises(InputError, match=rf"^trainer={accelerator} needs torch_xla, .* pip install -e '.\[tpu\]'"):
        Training(accelerator=accelerator)


def test_a_missing_tpu_is_told(tpu):
    tpu(0)
    with pytest.raises(InputError, match="asks for a TPU and this machine has none; trainer=xla_cpu"):
        Training(accelerator="tpu")


@pytest.mark.parametrize(("devices", "told"), [(1, False), (8, False), (2, True), (16, True)])
def test_a_training_takes_one_core_or_all(tpu, devices, told):
    tpu(8)
    sentence = rf"^trainer\.devices={devices}: a training takes one core of this TPU or all 8\.$"
    with pytest.raises(InputError, match=sentence) if told else nullcontext():
        Training(accelerator="tpu", devices=devices)


def test_the_cpu_is_one_device_of_xla(tpu):
    with pytest.raises(InputError, match=r"^trainer=xla_cpu is one device, got trainer\.devices=2; take 1\.$"):
        Training(accelerator="xla_cpu", devices=2)


@pytest.mark.parametrize("precision", ["16-true", "bf16-true", "16-mixed"])
def test_precisions_that_xla_would_take_and_not_keep_are_refused(tpu, precision):
    with pytest.raises(InputError, match=r"^trainer\.precision"):
        Training(accelerator="xla_cpu", precision=precision)


def test_auto_precision_is_the_tpu_s_own(tpu):
    tpu(8)
    assert Training(accelerator="tpu", precision="auto", devices=8).resolved_precision == "bf16-mixed"
    assert Training(accelerator="xla_cpu", precision="auto").resolved_precision == "32-true"


def test_a_tpu_s_cores_are_started_by_xla(tpu):
    tpu(8)
    training = Training(accelerator="tpu", devices=8)
    assert (training.device, training.processes) == ("xla", 1)
