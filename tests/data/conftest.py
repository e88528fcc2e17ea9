"""Toy cells with sources of their own."""

from collections.abc import Callable

import numpy as np
import pytest

from leukgan.data.images import CellImages


@pytest.fixture
def cells() -> Callable[..., CellImages]:
    def make(healthy: int, leukemia: int, sources: list[str] | None = None, size: int = 4) -> CellImages:
        count = healthy + leukemia
        return CellImages(
            images=np.random.default_rng(0).integers(0, 256, (count, 3, size, size), dtype=np.uint8),
            labels=np.array([0] * healthy + [1] * leukemia, dtype=np.int64),
            names=tuple(f"cell-{i}" for i in range(count)),
            sha256=tuple(sources or [f"{i:064x}" for i in range(count)]),
            classes=("healthy", "leukemia"),
        )

    return make
