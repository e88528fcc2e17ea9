"""A kill of a training, and all that a training leaves."""

from pathlib import Path

import pandas as pd
import torch

from leukgan.run_folder.digests import check_digest


class KilledError(Exception):
    """Stands for a kill."""


def kill_at(stop):
    """A report of progress that ends the training at a step."""

    def report(step, metrics):
        if step >= stop:
            raise KilledError

    return report


def files(folder):
    """All that a training leaves, by name: bytes, what a checkpoint holds, that its digest fits, and no clock."""
    readers = {
        ".ckpt": lambda path: torch.load(path, weights_only=True),
        ".sha256": lambda path: check_digest(path.with_suffix("")),
        "speed.csv": lambda path: pd.read_csv(path)["generator_step"].tolist(),
    }
    found = {}
    for path in filter(Path.is_file, folder.rglob("*")):
        reader = next((read for end, read in readers.items() if path.name.endswith(end)), Path.read_bytes)
        found[str(path.relative_to(folder))] = reader(path)
    return found


def assert_same(one, other):
    """Equal to the bit, whatever is nested in whatever."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_same(*pair)
    else:
        assert one == other
