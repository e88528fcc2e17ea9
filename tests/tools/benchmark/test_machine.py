"""Laws of the machine's best rate and of a process's memory."""

import mmap

import pytest
import torch

from leukgan.tools.benchmark import machine
from leukgan.tools.benchmark.machine import largest_resident_set


def test_the_rate_is_the_largest_convolution_s_where_all_take_as_long(monkeypatch):
    monkeypatch.setattr(machine, "seconds_of", lambda *_: 0.5)
    images, side, kernel = machine.IMAGES["cpu"], 16, 3
    expected = 2 * images * side**2 * 256 * 256 * kernel**2 / 0.5 / 1e9
    assert machine.best_convolution_rate.__wrapped__("cpu", "fp32") == pytest.approx(expected)


def test_the_best_attempt_counts(monkeypatch):
    monkeypatch.setattr(machine, "SHAPES", ((2, 3, 5, 3, 2),))
    monkeypatch.setattr(machine, "ATTEMPTS", 3)
    times = iter([4.0, 2.0, 8.0])
    monkeypatch.setattr(machine, "seconds_of", lambda *_: next(times))
    expected = 2 * machine.IMAGES["cpu"] * 2**2 * 2 * 3 * 3**2 / 2.0 / 1e9
    assert machine.best_convolution_rate.__wrapped__("cpu", "bf16") == pytest.approx(expected)


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_the_rate_is_the_precision_s(monkeypatch, precision, dtype):
    monkeypatch.setattr(machine, "SHAPES", ((2, 3, 5, 3, 2),))
    seen = set()

    def seconds(convolution, device, calls):
        seen.update(tensor.dtype for tensor in convolution.args)
        return 1.0

    monkeypatch.setattr(machine, "seconds_of", seconds)
    machine.best_convolution_rate.__wrapped__("cpu", precision)
    assert seen == {dtype}


@pytest.mark.skipif(largest_resident_set() is None, reason="this system does not tell")
def test_the_largest_resident_set_counts_what_was_touched():
    before = largest_resident_set()
    # As much again, from the system itself: the allocator may hold free memory that is resident already.
    with mmap.mmap(-1, int(before) * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for _ in range(int(before)):
            memory.write(b"1" * 2**20)
    assert before + 50 < largest_resident_set() < 2 * before + 50


def test_a_process_gets_its_threads_and_keeps_its_memory(monkeypatch):
    done = []
    monkeypatch.setattr(torch, "set_num_threads", lambda count: done.append(count))
    monkeypatch.setattr(machine, "keep_memory", lambda: done.append("kept"))
    monkeypatch.setattr(machine.sys, "platform", "linux")
    machine.prepare_process(3)
    machine.prepare_process(None)
    assert done == [3, "kept", "kept"]
