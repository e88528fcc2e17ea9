"""A generator step as one CUDA graph: on a GPU its thousand small kernels take longer to launch than to run."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Step = Callable[[Sequence[Any]], dict[str, Tensor]]

WARM_UP = 3  # steps that run eagerly, so that optimisers and libraries have allocated what they need


class GraphedStep:
    """Runs a step eagerly a few times, then captures it once and replays it on each later batch of GPU tensors.

    A replay draws from the seed that was set before it. The next replay overwrites what it returned.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self.done = 0
        self.graph: torch.cuda.CUDAGraph | None = None
        self.batch: Sequence[Any] = ()
        self.metrics: dict[str, Tensor] = {}

    def __call__(self, batch: Sequence[Any]) -> dict[str, Tensor]:
        self.done += 1
        if self.done <= WARM_UP:
            return self.run_aside(batch)

        if self.graph is None:
            self.capture(batch)
        for captured, new in zip(flatten_batch(self.batch), flatten_batch(batch), strict=True):
            captured.copy_(new, non_blocking=True)
        assert self.graph is not None
        self.graph.replay()
        return self.metrics

    def run_aside(self, batch: Sequence[Any]) -> dict[str, Tensor]:
        """One eager step on a stream of its own, as a capture wants its warm-up."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            metrics = self.step(batch)
        torch.cuda.current_stream().wait_stream(stream)
        return metrics

    def capture(self, batch: Sequence[Any]) -> None:
        """Record the step without running it."""
        self.batch = [[t.clone() for t in item] if isinstance(item, list | tuple) else item.clone() for item in batch]
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.metrics = self.step(self.batch)


def flatten_batch(batch: Sequence[Any]) -> list[Tensor]:
    """The tensors of a batch in order."""
    return [tensor for item in batch for tensor in (item if isinstance(item, list | tuple) else (item,))]
