import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

os.environ["WANDB_MODE"] = "offline"
os.environ.pop("WANDB_API_KEY", None)


@pytest.fixture
def global_randomness_untouched() -> Callable[[], Iterator[None]]:
    @contextmanager
    def untouched() -> Iterator[None]:
        before = torch.get_rng_state(), np.random.get_state()[1], random.getstate()  # noqa: NPY002
        yield
        after = torch.get_rng_state(), np.random.get_state()[1], random.getstate()  # noqa: NPY002
        assert torch.equal(before[0], after[0])
        assert np.array_equal(before[1], after[1])
        assert before[2] == after[2]

    return untouched
