"""Laws of a multirun: a folder and a state for each job, nothing done twice, every end told."""

import csv
import json
import math
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from apps import ROOT, TOY, contents_of, run_app
from omegaconf import OmegaConf

from leukgan.errors import InputError
from leukgan.run_folder.paths import RunFolder
from leukgan.search.sweep import sweep
from leukgan.search.trials import read_trial, write_trial

CFG = OmegaConf.create(
    {
        "name": "toy",
        "runs": "runs",
        "space": {},
        "trials": 3,
        "points": None,
        "seed": 0,
        "objective": "val/kid",
        "direction": "minimize",
    }
)
RATE = "++gan.critic_learning_rate=tag(log,interval(1e-4,1e-2))"


class Launcher:
    """Ends each job at once, as `ends` says of its label: with a value, or with changes of its state."""

    def __init__(self, ends=None):
        self.ends = ends or {}
        self.launched = []

    def __call__(self, batch):
        for arguments in batch:
            label = arguments[-1].removeprefix("hydra.sweep.subdir=jobs/")
            self.launched.append(label)
            folder = RunFolder(Path("runs/toy")).job(label)
            end = self.ends.get(label, {"state": "complete", "value": 1.0, "objective": "val/kid"})
            if isinstance(end, Exception):
                write_trial(folder, replace(read_trial(folder), state="running"))
                raise end
            write_trial(folder, replace(read_trial(folder), **end))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a sweep whose jobs end at once; gives the labels of those that were launched, and what was shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("leukgan.search.leaderboard.search_figure", lambda *_: SimpleNamespace(png=b"", pdf=b""))

    def swept(*arguments, ends=None, **changes):
        launcher, shown, checked = Launcher(ends), [], []
        cfg = OmegaConf.merge(CFG, changes)
        try:
            sweep(cfg, arguments, check=checked.extend, launch=launcher, show=shown.append)
        finally:
            swept.batch, swept.shown = checked, shown
        return launcher.launched

    return swept


def test_each_trial_has_a_run_folder_of_its_own_below_the_sweep_s(run):
    assert run("gan.n_critic=5,8", "data=folder", "name=toy", "sweep=mine") == ["trial-000", "trial-001"]
    own = [
        "++gan.n_critic=8",
        "trial_of=toy",
        "name=toy/trial-001",
        "hydra.sweep.dir='runs/toy'",
        "hydra.sweep.subdir=jobs/trial-001",
    ]
    assert run.batch[1] == ["data=folder", "sweep=mine", *own]
    status = json.loads(Path("runs/toy/jobs/trial-001/status.json").read_text())
    assert status["parameters"] == {"gan.n_critic": "8"}
    assert status["settings"] == ["data=folder"]
    assert run.shown[0] == "2 jobs, 0 of them done before"
    assert run.shown[-1] == "The result is in runs/toy/leaderboard.csv"


@pytest.mark.parametrize(
    ("argument", "labels"),
    [
        ("split.indices=range(3)", ["split-00", "split-01", "split-02"]),
        ("split.indices=[0,2],[11]", ["split-00+02", "split-11"]),
    ],
)
def test_splits_are_jobs_of_one_run(run, argument, labels):
    assert run(argument) == labels
    assert {arguments[-3] for arguments in run.batch} == {"name=toy"}
    assert "Tables and report of all splits: python experiments/report.py name=toy" in run.shown


def test_splits_of_trials_share_the_trial_s_folder(run):
    assert run("gan.n_critic=5,8", "split.indices=0,1") == [
        f"trial-00{trial}_split-0{split}" for trial in (0, 1) for split in (0, 1)
    ]
    assert [arguments[-3] for arguments in run.batch] == ["name=toy/trial-000"] * 2 + ["name=toy/trial-001"] * 2


def test_the_same_command_starts_only_what_has_not_ended(run):
    ends = {
        "trial-001": {"state": "diverged", "objective": "val/kid"},
        "trial-002": {"state": "failed", "error": "No space left on device."},
    }
    with pytest.raises(InputError, match=r"^1 of 3 failed \(trial-002\)"):
        run(RATE, ends=ends)
    assert run(RATE, "launcher=joblib", "logger=csv") == ["trial-002"]
    assert run.shown[0] == "3 jobs, 2 of them done before"
    assert run(RATE) == []
    assert run(RATE, trials=5) == ["trial-003", "trial-004"]
    assert run(RATE, trials=5, objective="train/critic_loss") == [f"trial-00{number}" for number in range(5)]


def test_another_sweep_in_the_same_folder_is_refused(run, tmp_path):
    run(RATE, "generator_steps=5")
    before = contents_of(tmp_path)
    for arguments, changes in (
        ((RATE, "generator_steps=6"), {}),
        ((RATE, "generator_steps=5"), {"seed": 1}),
        (("gan.n_critic=5,8", "generator_steps=5"), {}),
    ):
        with pytest.raises(InputError, match=r"^runs/toy holds another sweep: its trial-000 differs in .*; give"):
            run(*arguments, **changes)
    assert contents_of(tmp_path) == before


@pytest.mark.parametrize("error", [RuntimeError("a worker was killed\nand more"), InputError("the queue is full.")])
def test_jobs_that_a_launcher_leaves_behind_have_failed(run, error):
    with pytest.raises(InputError, match=r"^2 of 3 failed \(trial-001, trial-002\); runs/toy/leaderboard\.csv"):
        run(RATE, ends={"trial-001": error})
    with Path("runs/toy/leaderboard.csv").open() as file:
        errors = {row["trial"]: row["error"] for row in csv.DictReader(file)}
    words = str(error).partition("\n")[0].rstrip(".")
    assert errors["trial-000"] == ""
    assert errors["trial-001"].startswith("its process ended before it did (")
    assert errors["trial-002"].startswith("it was not started (")
    assert words in errors["trial-001"]
    assert read_trial(RunFolder(Path("runs/toy")).job("trial-001")).state == "failed"
    assert run(RATE) == ["trial-001", "trial-002"]


def test_a_job_that_ends_without_a_word_has_failed(run):
    with pytest.raises(InputError, match=r"^1 of 3 failed \(trial-001\)"):
        run(RATE, ends={"trial-001": {"state": "running"}})
    assert read_trial(RunFolder(Path("runs/toy")).job("trial-001")).error.endswith(
        "as happens where memory or time runs out."
    )


def test_names_cannot_be_swept(run):
    with pytest.raises(InputError, match="name can't be swept"):
        run("name=a,b")


def test_settings_that_cannot_be_composed_leave_no_trace(run, tmp_path, monkeypatch):
    def refuse(batch):
        raise InputError("there is no setting 'nix'.")

    with pytest.raises(InputError, match="nix"):
        sweep(CFG, [RATE, "nix=3"], check=refuse, launch=Launcher(), show=print)
    assert list(tmp_path.iterdir()) == []


TRAINED = (
    "-m",
    *(argument for argument in TOY if not argument.startswith("generator_steps")),
    *("generator_steps=6", "split.validation_fraction=0.3", "class_name=leukemia", "name=sweep"),
    "gan.critic_learning_rate=1e-3,1e20,1e-4",
)


@pytest.mark.slow
def test_a_killed_sweep_ends_with_the_same_trials_and_a_diverged_one_hurts_no_other(tmp_path, capsys):
    command = [sys.executable, str(ROOT / "experiments" / "train_gan.py"), *TRAINED]
    process = subprocess.Popen(
        command, cwd=tmp_path, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    folder = tmp_path / "runs" / "sweep"
    second = folder / "jobs" / "trial-001" / "status.json"
    while not second.exists() or json.loads(second.read_text())["state"] == "waiting":
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    first = contents_of(folder / "trial-000")
    assert run_app("train_gan", tmp_path, *TRAINED) == 0
    assert contents_of(folder / "trial-000") == first
    assert "3 jobs, 1 of them done before" in capsys.readouterr().out
    with (folder / "leaderboard.csv").open() as file:
        rows = {row["trial"]: row for row in csv.DictReader(file)}
    assert {label: row["state"] for label, row in rows.items()} == {
        "trial-000": "complete", "trial-001": "diverged", "trial-002": "complete",
    }  # fmt: skip
    assert rows["trial-001"]["error"].startswith("GAN leukemia: the training diverged: at generator step ")
    for label in ("trial-000", "trial-002"):
        row = rows[label]
        assert math.isfinite(float(row["value"]))
        assert float(row["low"]) < float(row["value"]) < float(row["high"])
        provenance = json.loads((folder / label / "split-00" / "provenance.json").read_text())
        assert provenance["command"].startswith("python experiments/train_gan.py ")
        assert provenance["command"].endswith(
            f"gan.critic_learning_rate={row['gan.critic_learning_rate']} trial_of=sweep name=sweep/{label}"
        )
    assert (folder / "best.txt").read_text().startswith("gan.critic_learning_rate=0.00")
    before = contents_of(folder)
    assert run_app("train_gan", tmp_path, *shlex.split(provenance["command"])[2:]) == 0
    assert contents_of(folder) == before
