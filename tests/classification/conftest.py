"""Toy cells: two classes that differ in colour and texture, so that every classifier can learn them."""

from collections.abc import Callable

import numpy as np
import pytest

from leukgan.data.images import CellImages


@pytest.fixture(scope="session")
def cells() -> Callable[..., CellImages]:
    def make(count: int, size: int = 32, seed: int = 0) -> CellImages:
        rng = np.random.default_rng(seed)
        labels = np.arange(count) % 2
        images = rng.integers(0, 200, (count, 3, size, size))
        images[:, 0] += 50 * labels[:, None, None]
        return CellImages(
            images=images.astype(np.uint8),
            labels=labels.astype(np.int64),
            names=tuple(f"cell-{seed}-{i}.png" for i in range(count)),
            sha256=tuple(f"{seed}-{i}" for i in range(count)),
            classes=("healthy", "leukemia"),
        )

    return make
