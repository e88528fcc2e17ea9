import pytest
import torch
from apps import run_app
from search.launchers.multiruns import ALONE


@pytest.fixture(scope="session")
def alone(tmp_path_factory):
    """The run folder of one job without a launcher on one thread."""
    folder = tmp_path_factory.mktemp("alone")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        assert run_app("train_gan", folder, *ALONE) == 0
    torch.set_num_threads(threads)
    return folder / "runs" / "alone"
