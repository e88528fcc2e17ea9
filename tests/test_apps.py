import csv
import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch
from apps import ROOT, TOY, run_app

FILES = ("scores.csv", "predictions.csv", "classifier_loss.csv")


def split_bytes(folder):
    """What a split must repeat to the byte: tables, images and weights, but no clock and no folder name."""
    found = {path.name: path.read_bytes() for path in (folder / name for name in FILES)}
    found |= {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.png")}
    found |= {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("gan/*/metrics.csv")}
    return found


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A finished toy study of two splits."""
    folder = tmp_path_factory.mktemp("study")
    assert run_app("study", folder, *TOY, "name=toy", "split.count=2") == 0
    return folder / "runs" / "toy"


def test_the_run_folder_holds_what_the_design_names(study):
    expected = ["report.html", "tables/table1.csv", "tables/table2.tex", "tables/tests.md"]
    expected += [f"figures/{name}.{kind}" for kind in ("png", "pdf") for name in ("loss_by_epoch", "loss_by_step")]
    expected += [f"figures/{kind}_{name}.png" for kind in ("real_vs_generated", "generated") for name in ("healthy",)]
    for split in ("split-00", "split-01"):
        names = ("config.yaml", "provenance.json", "split.json", "status.json", *FILES)
        expected += [f"{split}/{name}" for name in names]
        for name in ("healthy", "leukemia"):
            expected += [f"{split}/gan/{name}/{file}" for file in ("last.ckpt", "metrics.csv")]
            expected += [f"{split}/generated/{name}/manifest.csv", f"{split}/generated/{name}/{name}_00005.png"]
            expected += [f"{split}/gan/{name}/samples/step_{step:06d}.png" for step in (2, 4, 5)]
    assert [name for name in expected if not (study / name).exists()] == []
    assert list(study.rglob("*.part")) == []


def test_scores_have_a_row_for_each_classifier_training_set_and_test_set(study):
    scores = pd.read_csv(study / "split-00" / "scores.csv")
    assert len(scores) == 3 * (4 + 2)
    assert set(scores["n_train"]) == {18, 18 * 8, 18 + 12, 18 * 8 + 12}
    assert set(scores.loc[scores.test_set == "real", "n_test"]) == {6}
    assert set(scores.loc[scores.test_set == "generated", "n_test"]) == {12}
    assert set(scores["protocol"]) == {"clean"}
    assert (scores[["tp", "fn", "tn", "fp"]].sum(axis=1) == scores["n_test"]).all()


def test_the_gan_saw_the_training_part_only(study):
    for split in study.glob("split-*"):
        parts = json.loads((split / "split.json").read_text())
        test = {row["sha256"] for row in parts["test"]}
        for label, name in enumerate(("healthy", "leukemia")):
            train = {row["sha256"] for row in parts["train"] if row["label"] == label}
            state = torch.load(split / "gan" / name / "last.ckpt", weights_only=True)
            assert set(state["CellData"]["trained_on"]) == train
            assert not train & test


def test_the_chain_of_hashes_leads_from_split_to_scores(study):
    import hashlib

    split = study / "split-00"
    chain = json.loads((split / "provenance.json").read_text())["chain"]

    def sha256(path):
        return hashlib.sha256((split / path).read_bytes()).hexdigest()

    assert chain["split"] == sha256("split.json")
    assert chain["scores"] == sha256("scores.csv")
    for name in ("healthy", "leukemia"):
        assert chain["gan"][name] == sha256(f"gan/{name}/last.ckpt")
        assert chain["generated"][name] == sha256(f"generated/{name}/manifest.csv")
        with (split / "generated" / name / "manifest.csv").open() as file:
            for row in csv.DictReader(file):
                assert row["checkpoint"] == chain["gan"][name]
                assert row["sha256"] == sha256(f"generated/{name}/{row['image']}")


def test_the_same_command_again_does_nothing_twice(study):
    before = {path: path.stat().st_mtime_ns for path in study.rglob("*") if path.is_file() and "split-" in str(path)}
    assert run_app("study", study.parents[1], *TOY, "name=toy", "split.count=2") == 0
    changed = [path.name for path, time_ in before.items() if path.stat().st_mtime_ns != time_]
    assert set(changed) <= {"status.json"}


def test_the_apps_in_order_make_the_bytes_that_the_study_makes(study, tmp_path):
    for name in ("train_gan", "generate", "classify"):
        assert run_app(name, tmp_path, *TOY, "name=steps") == 0
    assert run_app("report", tmp_path, "name=steps") == 0
    steps = tmp_path / "runs" / "steps"
    assert split_bytes(steps / "split-00") == split_bytes(study / "split-00")
    assert (steps / "report.html").exists()


def test_a_run_that_was_killed_ends_as_the_uninterrupted_one(study, tmp_path):
    command = [sys.executable, str(ROOT / "experiments" / "study.py"), *TOY, "name=killed"]
    killed = tmp_path / "runs" / "killed" / "split-00"
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stderr=subprocess.DEVNULL)
    while not list(killed.glob("gan/*/last.ckpt")):
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "scores.csv").exists()
    assert run_app("study", tmp_path, *TOY, "name=killed") == 0
    assert split_bytes(killed) == split_bytes(study / "split-00")


def test_one_class_can_be_trained_alone_and_needs_no_classifier(tmp_path):
    toy = [argument for argument in TOY if not argument.startswith("classifier.weights")]
    arguments = (*toy, "classifier.weights=/nowhere.pth", "name=one", "class_name=leukemia")
    assert run_app("train_gan", tmp_path, *arguments) == 0
    assert [path.parent.name for path in tmp_path.glob("runs/one/split-00/gan/*/last.ckpt")] == ["leukemia"]


def test_the_papers_protocol_stamps_every_row_and_page_and_each_stage_has_its_wandb_run(tmp_path):
    arguments = (*TOY, "name=leak", "protocol=paper", "classifiers=[svm]", "training_sets=[real,real+gen]")
    assert run_app("study", tmp_path, *arguments, "logger=wandb") == 0
    leak = tmp_path / "runs" / "leak"
    runs = sorted((leak / "split-00" / "wandb").glob("offline-run-*/run-*.wandb"))
    assert len(runs) == 3  # one a GAN, one for the classifiers
    assert set(pd.read_csv(leak / "split-00" / "scores.csv")["protocol"]) == {"paper"}
    for path in ("report.html", "tables/table2.md", "tables/table2.csv", "tables/table2.tex"):
        assert "LEAKY" in (leak / path).read_text()


def test_the_clean_protocol_refuses_a_gan_that_saw_the_test_part(study, tmp_path, capsys):
    for protocol in ("paper", "clean"):
        assert run_app("train_gan", tmp_path, *TOY, f"name={protocol}", f"protocol={protocol}") == 0
    clean = tmp_path / "runs" / "clean" / "split-00"
    for name in ("healthy", "leukemia"):
        leaked = tmp_path / "runs" / "paper" / "split-00" / "gan" / name / "last.ckpt"
        (clean / "gan" / name / "last.ckpt").write_bytes(leaked.read_bytes())
    provenance = json.loads((clean / "provenance.json").read_text())
    leaky = json.loads((tmp_path / "runs" / "paper" / "split-00" / "provenance.json").read_text())
    provenance["chain"]["gan"] = leaky["chain"]["gan"]
    (clean / "provenance.json").write_text(json.dumps(provenance))
    assert run_app("generate", tmp_path, *TOY, "name=clean") == 0
    assert run_app("classify", tmp_path, *TOY, "name=clean") == 1
    assert "protocol=clean forbids" in capsys.readouterr().err
    assert not (clean / "scores.csv").exists()
