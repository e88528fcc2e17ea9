"""Two processes that share a training, for tests to work in."""

import multiprocessing
import os
import pickle
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from contextlib import contextmanager

import torch

from leukgan.gans.accelerators import distributed
from leukgan.gans.parallel_training import end_together
from leukgan.gans.worker import WorkerChannels, set_up_process


@contextmanager
def two_processes():
    """Calls a function, which has to be a module's, in both at once, and gives the list of their results."""
    context = multiprocessing.get_context("spawn")
    meeting, (lifeline, held) = distributed.open_store(), context.Pipe(duplex=False)
    pools = [ProcessPoolExecutor(1, context, initializer=join, initargs=(r, meeting.port, lifeline)) for r in (0, 1)]

    def both(function, *arguments):
        pickled = pickle.dumps((function, arguments))  # tensors would travel through shared memory
        futures = [pool.submit(work, pickled) for pool in pools]
        if any(future.exception() for future in wait(futures, return_when=FIRST_EXCEPTION).done):
            end_together(futures, held)
        return [pickle.loads(future.result()) for future in futures]

    yield both
    for pool in pools:
        pool.shutdown()


def join(rank, port, lifeline):
    """Prepare one of the two processes."""
    global _joined
    set_up_process(1, WorkerChannels(None, None, lifeline), dict(os.environ))
    _joined = distributed.join_training(rank, 2, port, "cpu")
    _joined.__enter__()


def work(pickled):
    function, arguments = pickle.loads(pickled)
    return pickle.dumps(function(*arguments))


def whole_of(shares):
    """The batch (2 B, ...) of two shares (B, ...)."""
    return torch.stack(shares, dim=1).flatten(0, 1)
