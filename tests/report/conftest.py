from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apps import undrawn
from report.synthetic_runs import edit_provenance, write_run


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a run folder."""

    def make(**choices: Any) -> Path:
        folder = tmp_path_factory.mktemp("runs") / "toy"
        write_run(folder, **choices)
        return folder

    return make


@pytest.fixture(scope="session")
def make_crossed(make_run: Callable[..., Path]) -> Callable[..., Path]:
    """Writes a run folder of splits with training images of their own and the same test images."""

    def make(**choices: Any) -> Path:
        folder = make_run(**choices)
        for split in folder.glob("split-*"):
            edit_provenance(split, lambda provenance: provenance["data"].update(own_training_images=True))
        return folder

    return make


@pytest.fixture(name="undrawn")
def without_drawing() -> Iterator[None]:
    with undrawn():
        yield
