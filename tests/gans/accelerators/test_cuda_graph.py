"""Laws of the captured step, with a stand-in for the GPU: what it records, what it is fed, what it gives back."""

from contextlib import contextmanager

import pytest
import torch

from leukgan.gans.accelerators import cuda_graph
from leukgan.gans.accelerators.cuda_graph import WARM_UP, GraphedStep


class FakeStream:
    def wait_stream(self, other):
        pass


class FakeGPU:
    """Records what runs under a capture and runs it again at each replay, on the same tensors."""

    def __init__(self):
        self.captures = self.replays = 0
        self.recording = None

    def Stream(self):  # noqa: N802
        return FakeStream()

    current_stream = Stream

    @contextmanager
    def stream(self, stream):
        yield

    def CUDAGraph(self):  # noqa: N802
        return self

    @contextmanager
    def graph(self, graph):
        self.captures += 1
        self.recording = []
        yield
        self.work, self.recording = self.recording, None

    def replay(self):
        self.replays += 1
        for work in self.work:
            work()


@pytest.fixture
def gpu(monkeypatch):
    fake = FakeGPU()
    for name in ("Stream", "current_stream", "stream", "CUDAGraph", "graph"):
        monkeypatch.setattr(cuda_graph.torch.cuda, name, getattr(fake, name))
    return fake


@pytest.fixture
def step(gpu):
    """Sums its batch into a tensor of its own; while it is recorded, nothing is computed."""
    total = torch.zeros(())

    def run(batch):
        def work():
            total.copy_(sum(t.sum() for item in batch for t in (item if isinstance(item, list) else (item,))))

        work() if gpu.recording is None else gpu.recording.append(work)
        return {"sum": total}

    return run


@pytest.mark.parametrize("labelled", [False, True])
def test_every_step_sees_its_own_batch(gpu, step, labelled):
    graphed = GraphedStep(step)
    for number in range(1, WARM_UP + 4):
        images = [torch.full((2, 3), float(number)), torch.full((2, 3), 10.0 * number)]
        batch = [[t, torch.full((2,), float(number))] for t in images] if labelled else images
        expected = 66 * number + (4 * number if labelled else 0)
        assert graphed(batch)["sum"].item() == expected
    assert (gpu.captures, gpu.replays) == (1, 3)


def test_nothing_is_computed_twice(gpu, step):
    """A capture computes nothing: without its replay, the first captured step would be lost."""
    graphed = GraphedStep(step)
    done = [graphed([torch.ones(1) * number])["sum"].item() for number in range(WARM_UP + 1)]
    assert done == list(range(WARM_UP + 1))
    assert gpu.replays == 1


def test_the_caller_s_batch_is_not_kept(gpu, step):
    graphed = GraphedStep(step)
    batch = [torch.ones(2)]
    for _ in range(WARM_UP + 1):
        graphed(batch)
    assert graphed.batch[0] is not batch[0]
    graphed([torch.zeros(2)])
    assert batch[0].tolist() == [1, 1]


def test_the_cpu_takes_the_step_as_it_is(gan, fit):
    module = gan()
    fit(module, steps=1)
    assert module.run_steps
    assert not isinstance(module.run_steps[True], GraphedStep)
