"""Laws of what the jobs of a multirun say while they run."""

import re

import pytest
from apps import TOY, refusal_of, run_app

from leukgan.errors import InputError
from leukgan.presentation.console import stderr_console
from leukgan.search.jobs import how_far
from leukgan.search.trials import Trial


def jobs(*states):
    return [Trial(label=f"trial-{i}", parameters={}, state=state, seconds=60.0) for i, state in enumerate(states)]


def test_the_time_left_is_that_of_the_jobs_that_wait_side_by_side():
    states = ["complete", "failed", "diverged", "running", "waiting", "waiting", "waiting"]
    assert how_far(jobs(*states), 1).startswith("3 of 7 jobs have ended; 0:04:00 left at this speed")
    assert how_far(jobs(*states), 3).startswith("3 of 7 jobs have ended; 0:02:00 left at this speed")
    assert how_far(jobs("complete", "complete"), 1) == "2 of 2 jobs have ended"


@pytest.mark.parametrize("sweeper", [[], ["hydra/sweeper=basic"]])
def test_each_job_has_a_folder_its_lines_its_name_and_a_failed_one_the_exit_code(
    tmp_path, monkeypatch, capsys, sweeper
):
    to_come = []

    def train(study, *_, rounds):
        to_come.append(rounds)
        stderr_console().print("at work")
        study.folder.path.mkdir(parents=True)
        if study.config.seed == 2:
            raise InputError("seed=2 will not do.")
        return []

    monkeypatch.setattr("leukgan.study.train_gans", train)
    monkeypatch.setattr("leukgan.search.jobs.objective_of_run", lambda config: None)
    monkeypatch.setattr("leukgan.search.tracked.track_trial", lambda config, objective: objective)
    assert run_app("train_gan", tmp_path, "-m", *sweeper, "seed=1,2,3", "name=toy", "objective=none", *TOY) == 1
    said = capsys.readouterr().err
    for number in range(3):
        assert f"trial-00{number}: at work\n" in said
        assert (tmp_path / "runs" / "toy" / f"trial-00{number}").is_dir()
        assert re.search(rf"\n{number + 1} of 3 jobs have ended", said)
    assert to_come == [3, 2, 1]
    assert "trial-001: failed, seed=2 will not do.\n" in said
    assert said.endswith("error: 1 of 3 failed (trial-001); runs/toy/leaderboard.csv says why.\n")
    assert {path.name for path in tmp_path.iterdir()} == {"runs"}


def test_a_multirun_of_one_job_says_that_nothing_is_swept(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("leukgan.study.train_gans", lambda *_, **__: [])
    monkeypatch.setattr("leukgan.search.jobs.objective_of_run", lambda config: None)
    monkeypatch.setattr("leukgan.search.tracked.track_trial", lambda config, objective: objective)
    run_app("train_gan", tmp_path, "-m", "name=toy", "objective=none", *TOY)
    assert capsys.readouterr().err.startswith("trial-000: the settings as they are\n")


@pytest.mark.parametrize("command", ["report", "benchmark"])
def test_a_command_without_jobs_takes_no_multirun(tmp_path, command):
    assert f"{command} has no jobs to run at once; leave out -m." in refusal_of(command, tmp_path, "-m")


@pytest.mark.parametrize("folder", ["run", "sweep"])
def test_a_file_that_moves_hydra_s_folders_is_refused(tmp_path, folder):
    path = tmp_path / "own" / "experiment" / "moved.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"# @package _global_\nhydra: {{{folder}: {{dir: elsewhere}}}}\n")
    sentence = refusal_of("study", tmp_path, "--config-dir", "own", "experiment=moved")
    assert f"a file has hydra.{folder}.dir=elsewhere, which has no use" in sentence
