from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from synthetic_runs import write_run


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a run folder; each split's wrong test images default to the paper's counts."""

    def make(**choices: Any) -> Path:
        folder = tmp_path_factory.mktemp("runs") / "toy"
        write_run(folder, **choices)
        return folder

    return make
