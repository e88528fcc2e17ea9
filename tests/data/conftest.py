"""Toy cells with sources of their own, files of them, and the sentence of a refusal."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from leukgan.data.images import CellImages
from leukgan.errors import InputError


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


@pytest.fixture
def write_images(tmp_path) -> Callable[..., Path]:
    """Writes files of random pixels, 40 x 40, below a folder and returns the folder."""
    rng = np.random.default_rng(0)

    def write(*names: str) -> Path:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(tmp_path / name)
        return tmp_path

    return write


@pytest.fixture
def sentence_of() -> Callable[[Callable[[], object]], str]:
    """The message of the InputError that a call raises: one line that ends with a full stop."""

    def sentence(call: Callable[[], object]) -> str:
        with pytest.raises(InputError) as caught:
            call()
        message = str(caught.value)
        assert message.endswith(".")
        assert "\n" not in message
        return message

    return sentence
