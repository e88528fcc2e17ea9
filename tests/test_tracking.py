"""Laws of tracking: an offline run lies in the folder, ends with its block, and says whether that failed."""

import json
from pathlib import Path

import pytest
import wandb

from leukgan.tracking import CSVOnly, WeightsAndBiases

NAMES = {"name": "toy-gan", "group": "toy", "job_type": "gan"}


@pytest.fixture
def offline(monkeypatch):
    for name in ("WANDB_MODE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def exit_codes(monkeypatch):
    """The exit codes that runs were finished with."""
    seen = []
    finish = wandb.Run.finish

    def watched(run, exit_code=None, **options):
        seen.append(exit_code)
        return finish(run, exit_code=exit_code, **options)

    monkeypatch.setattr(wandb.Run, "finish", watched)
    return seen


def test_an_offline_run_lies_in_its_folder_and_ends_with_its_block(offline, exit_codes, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    folder = tmp_path / "split-00"
    with WeightsAndBiases(project="toys").run(folder, **NAMES, config={"seed": 3}) as run:
        assert wandb.run is run
        assert run.settings._offline
        assert (run.project, run.name, run.group, run.job_type) == ("toys", "toy-gan", "toy", "gan")
        assert dict(run.config) == {"seed": 3}
        place = Path(run.dir)
        run.log({"loss": 1.5})
    assert wandb.run is None
    assert exit_codes == [None]
    assert folder in place.parents
    (log,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    assert b"toy-gan" in log.read_bytes()
    assert list(elsewhere.iterdir()) == []


def test_a_failing_block_marks_its_run_as_failed(offline, exit_codes, tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        WeightsAndBiases().run(tmp_path, **NAMES, config=json.loads('{"nested": {"value": [1, 2]}}')),
    ):
        raise KeyboardInterrupt
    assert exit_codes == [1]
    assert wandb.run is None


@pytest.mark.parametrize(
    ("environment", "mode"),
    [
        ({}, "offline"),
        ({"WANDB_API_KEY": "key"}, "online"),
        ({"WANDB_API_KEY": ""}, "offline"),
        ({"WANDB_API_KEY": "key", "WANDB_MODE": "offline"}, "offline"),
        ({"WANDB_MODE": "disabled"}, "disabled"),
    ],
)
def test_the_environment_decides_whether_a_run_is_online(offline, tmp_path, monkeypatch, environment, mode):
    class Run:
        def finish(self):
            pass

    asked = {}
    monkeypatch.setattr(wandb, "init", lambda **options: asked.update(options) or Run())
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with WeightsAndBiases().run(tmp_path, **NAMES, config={}):
        assert asked["mode"] == mode


def test_csv_only_keeps_no_run_and_no_folder(tmp_path):
    with CSVOnly().run(tmp_path / "split-00", **NAMES, config={}) as run:
        assert run is None
    assert list(tmp_path.iterdir()) == []


def test_csv_only_lets_errors_through(tmp_path):
    with pytest.raises(KeyError), CSVOnly().run(tmp_path, **NAMES, config={}):
        raise KeyError
