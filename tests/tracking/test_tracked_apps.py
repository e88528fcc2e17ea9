"""Laws of what the apps tell Weights & Biases, read back from its offline logs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from apps import ROOT, TOY, run_app
from tracking.wandb_log import read_logs

TRACKED = (
    *(argument for argument in TOY if not argument.startswith(("logger", "quality.track_every"))),
    *("logger=wandb", "logger.wandb.tags=[toy]", "trainer.log_every=2"),
    *("quality.track_every=2", "split.validation_fraction=0.3"),
)
SEARCH = ""  # of the multirun's runs, the one that is no trial's
DONE = "trial-001-00-gan-healthy"
GANS = {f"toy-00-gan-{name}" for name in ("healthy", "leukemia")}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The folder of a finished toy study, and its runs by name."""
    folder = tmp_path_factory.mktemp("tracked")
    few = ("classifiers=[svm]", "training_sets=[real,real+gen]")
    assert run_app("study", folder, *TRACKED, *few, "name=toy") == 0
    return folder / "runs" / "toy", {log.name: log for log in read_logs(folder)}


@pytest.fixture(scope="module")
def multirun(tmp_path_factory):
    """The runs of two trials of one sweep, the first of which diverged."""
    folder = tmp_path_factory.mktemp("multirun")
    rates = "gan.generator_learning_rate=1e30,1e-4"
    assert run_app("train_gan", folder, "-m", *TRACKED, "class_name=healthy", "name=multi", rates) == 0
    return {log.name.partition("/")[2]: log for log in read_logs(folder)}


def rows_of(log):
    return {row["_step"]: row for row in log.rows}


def test_every_stage_is_one_run_of_the_study_s_group(study):
    folder, logs = study
    assert set(logs) == {*GANS, "toy-00-generation", "toy-00-classifiers", "toy-report"}
    assert len({log.id for log in logs.values()}) == len(read_logs(folder)) == 5
    assert {log.group for log in logs.values()} == {"toy"}
    assert {name: log.job_type for name, log in logs.items() if name not in GANS} == {
        "toy-00-generation": "generation",
        "toy-00-classifiers": "classifiers",
        "toy-report": "report",
    }
    for log in logs.values():
        assert log.exit_code == 0
        assert log.tags == {"WGANGP", "smears", "clean", "32px", "toy"}


def test_runs_say_what_was_chosen_and_what_it_is_run_on(study):
    folder, logs = study
    provenance = json.loads((folder / "split-00" / "provenance.json").read_text())
    for log in logs.values():
        assert log.config["batch_size"] == 4
        assert log.config["gan"]["critic_width"] == 4
        told = log.config["provenance"]
        for key in ("command", "code_version", "packages", "device", "data"):
            assert told[key] == provenance[key]
        assert told["chain"]["split"] == provenance["chain"]["split"]


def test_what_a_later_upload_needs_lies_in_the_run_folder(study):
    folder, logs = study
    for log in logs.values():
        files = [path for artifact in log.artifacts.values() for path in artifact.files.values()]
        assert [path for path in (*map(Path, files), *log.staged) if folder not in path.parents] == []


def test_a_multirun_is_one_run_a_job_and_a_failed_one_says_so(multirun):
    failed, done, trial = "trial-000-00-gan-healthy", "trial-001-00-gan-healthy", "trial-001-trial"
    assert {name: log.exit_code for name, log in multirun.items()} == {failed: 1, done: 0, trial: 0, SEARCH: 0}
    assert {log.group for log in multirun.values()} == {"multi"}
    assert multirun[done].config["name"] == "multi/trial-001"
    assert multirun[done].config["gan"]["generator_learning_rate"] == 1e-4
    assert list(rows_of(multirun[done])) == [2, 4, 5]
    assert set(multirun[done].artifacts) == {"multi-trial-001-00-gan-healthy"}
    assert multirun[failed].artifacts == {}


def test_a_trial_s_objective_and_the_leaderboard_are_runs_of_their_own(multirun):
    trial, search = multirun["trial-001-trial"], multirun[SEARCH]
    (objective,) = trial.rows
    assert trial.job_type == "trial"
    assert objective["val/kid"] == pytest.approx(min(row["val/kid"] for row in multirun[DONE].rows if "val/kid" in row))
    assert trial.config["gan"]["generator_learning_rate"] == 1e-4

    (board,) = search.rows
    assert (search.name, search.job_type, search.group) == ("multi-search", "search", "multi")
    assert board["leaderboard"]["nrows"] == 2
    assert board["best/val/kid"] == pytest.approx(objective["val/kid"])
    assert {"width", "height"} <= board["search"].keys()
    assert "gan.generator_learning_rate=1e30,1e-4" in " ".join(search.config["arguments"])


def test_the_summary_keeps_the_smallest_distance(multirun):
    assert multirun[DONE].smallest == {"val/kid"}


@pytest.mark.slow
def test_a_killed_training_keeps_its_log_and_continues_its_run_without_a_gap(tmp_path):
    arguments = (*TRACKED, "generator_steps=80", "checkpoint_every=10", "class_name=healthy", "name=killed")
    arguments += ("quality.track_every=0",)
    command = [sys.executable, str(ROOT / "experiments" / "train_gan.py"), *arguments]
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stderr=subprocess.DEVNULL)
    while not any(rows_of(log).keys() > {10} for log in read_logs(tmp_path, ended=False)):
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (before,) = read_logs(tmp_path, ended=False)
    assert max(rows_of(before)) < 80
    assert run_app("train_gan", tmp_path, *arguments) == 0
    first, second = read_logs(tmp_path, ended=False)
    assert first.id == second.id
    assert second.exit_code == 0
    steps = [*rows_of(first), *rows_of(second)]
    assert sorted(set(steps)) == list(range(2, 81, 2))
    assert min(rows_of(second)) % 10 == 0
    for step in set(rows_of(first)) & set(rows_of(second)):
        once, again = rows_of(first)[step], rows_of(second)[step]
        assert once["train/critic_loss"] == again["train/critic_loss"]
        assert once.get("samples", {}).get("sha256") == again.get("samples", {}).get("sha256")
