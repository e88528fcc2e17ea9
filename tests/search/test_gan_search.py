"""Laws of a search for a GAN's settings: trials are runs like any other, and a pruned one's training ends."""

import csv
import json

import hydra
import optuna
import pandas as pd
import pytest
from apps import ROOT, TOY, run_app

from leukgan.config import as_override, read_config
from leukgan.search.gan_search import train

SETTINGS = (*TOY, "split.validation_fraction=0.3", "class_name=leukemia", "quality.track_every=2")


@pytest.mark.slow
def test_a_search_leaves_runs_a_leaderboard_and_settings_to_paste(tmp_path, capsys):
    arguments = (*SETTINGS, "name=guided", "startup_trials=1")
    assert run_app("search", tmp_path, *arguments, "trials=2") == 0
    folder = tmp_path / "runs" / "guided"
    with (folder / "leaderboard.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["trial"] for row in rows} == {"trial-000", "trial-001"}
    for row in rows:
        split = folder / row["trial"] / "split-00"
        assert float(row["value"]) == pytest.approx(
            pd.read_csv(split / "gan" / "leukemia" / "kid.csv")["kid_pixels"].min()
        )
        for name in ("critic", "generator"):
            text = row[f"gan.{name}_learning_rate"]
            assert f"{name}_learning_rate: {float(text)}" in (split / "config.yaml").read_text()
    assert (folder / "search.png").exists()
    assert pd.read_csv(folder / "importances.csv").columns.tolist() == ["parameter", "importance"]
    best = (folder / "best.txt").read_text().split()
    assert run_app("train_gan", tmp_path, *SETTINGS, "name=pasted", *best) == 0
    pasted = (tmp_path / "runs" / "pasted" / "split-00" / "gan" / "leukemia" / "metrics.csv").read_bytes()
    assert pasted == (folder / rows[0]["trial"] / "split-00" / "gan" / "leukemia" / "metrics.csv").read_bytes()


def test_a_space_can_be_given_as_an_argument(tmp_path, capsys):
    assert run_app("search", tmp_path, *SETTINGS, "space={gan.n_critic:'1,2',gan.penalty_weight:0.1}") == 1
    assert "space.gan.penalty_weight=0.1 is no set of values" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_pruned_trial_s_training_ends(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hours = [as_override(a) for a in SETTINGS if not a.startswith("generator_steps")] + ["generator_steps=1000000"]
    with hydra.initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = read_config(hydra.compose("search", [*hours, "name=guided/trial-000", "trial_of=guided"]))
    told = []

    def prune(step, value):
        told.append((step, value))
        if step > 2:
            raise optuna.TrialPruned

    with pytest.raises(optuna.TrialPruned):
        train(config, prune)
    assert told[0][0] == 2
    status = json.loads((tmp_path / "runs/guided/trial-000/split-00/status.json").read_text())
    assert status["state"] == "failed"
    assert status["error"].startswith("TrialPruned")


def test_trials_are_compared_at_equal_steps_not_times(tmp_path, capsys):
    assert run_app("search", tmp_path, *SETTINGS, "generator_time=10min") == 1
    assert "trials at equal generator_steps; leave generator_time out" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
