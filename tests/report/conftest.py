import json
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


@pytest.fixture(scope="session")
def make_crossed(make_run: Callable[..., Path]) -> Callable[..., Path]:
    """Writes a run folder of splits with training images of their own and the same test images."""

    def make(**choices: Any) -> Path:
        folder = make_run(images=False, **choices)
        for path in folder.glob("split-*/provenance.json"):
            provenance = json.loads(path.read_text())
            provenance["data"]["own_training_images"] = True
            path.write_text(json.dumps(provenance))
        return folder

    return make
