import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch
from apps import ROOT, TOY, run_app
from PIL import Image

from leukgan.gans import load_gan
from leukgan.run_folder.files import sha256_of
from leukgan.run_folder.paths import TABLES

FILES = tuple(f"{name}.csv" for name in TABLES)


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
            expected += [f"{split}/gan/{name}/{file}" for file in ("last.ckpt", "metrics.csv", "interpolation.png")]
            expected += [f"{split}/generated/{name}/manifest.csv", f"{split}/generated/{name}/{name}_00005.png"]
            expected += [f"{split}/gan/{name}/samples/step_{step:06d}.png" for step in (2, 4, 5)]
    assert [name for name in expected if not (study / name).exists()] == []
    assert list(study.rglob("*.part")) == []


def test_scores_have_a_row_for_each_classifier_training_set_and_test_set(study):
    scores = pd.read_csv(study / "split-00" / "scores.csv")
    assert len(scores) == 3 * (4 + 2)
    assert set(scores["n_train"]) == {16, 16 * 8, 16 + 12, 16 * 8 + 12}
    assert set(scores.loc[scores.test_set == "real", "n_test"]) == {6}
    assert set(scores.loc[scores.test_set == "generated", "n_test"]) == {12}
    assert set(scores["protocol"]) == {"clean"}
    assert (scores[["tp", "fn", "tn", "fp"]].sum(axis=1) == scores["n_test"]).all()


def test_the_gan_saw_the_training_part_only(study):
    for split in study.glob("split-*"):
        parts = json.loads((split / "split.json").read_text())
        unseen = {row["sha256"] for part in ("validation", "test") for row in parts[part]}
        assert len(unseen) == 2 + 6
        for label, name in enumerate(("healthy", "leukemia")):
            train = {row["sha256"] for row in parts["train"] if row["label"] == label}
            state = torch.load(split / "gan" / name / "last.ckpt", weights_only=True)
            assert set(state["data"]["trained_on"]) == train
            assert not train & unseen


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


def test_metrics_tell_training_and_held_out_images(study):
    for name in ("healthy", "leukemia"):
        table = pd.read_csv(study / "split-00" / "gan" / name / "metrics.csv")
        assert table["generator_step"].tolist() == [5]
        for stage in ("train", "val"):
            for metric in ("critic_loss", "wasserstein", "gradient_penalty", "real_score", "fake_score"):
                assert np.isfinite(table[f"{stage}/{metric}"]).all()
        assert "val/generator_loss" not in table


def test_the_same_command_again_does_nothing_twice(study):
    before = {path: path.stat().st_mtime_ns for path in study.rglob("*") if path.is_file() and "split-" in str(path)}
    assert run_app("study", study.parents[1], *TOY, "name=toy", "split.count=2") == 0
    changed = [path.name for path, time_ in before.items() if path.stat().st_mtime_ns != time_]
    assert set(changed) <= {"status.json"}


def test_the_apps_in_order_make_the_bytes_that_the_study_makes(study, tmp_path):
    for name in ("train_gan", "generate", "classify"):
        assert run_app(name, tmp_path, *TOY, "name=steps") == 0
    assert run_app("report", tmp_path, "name=steps", "logger=csv") == 0
    steps = tmp_path / "runs" / "steps"
    assert split_bytes(steps / "split-00") == split_bytes(study / "split-00")
    assert (steps / "report.html").exists()


@pytest.mark.slow
def test_splits_as_jobs_make_the_bytes_that_the_study_makes(study, tmp_path, capsys):
    arguments = (*TOY, "name=fan", "split.count=2")
    assert run_app("study", tmp_path, "-m", *arguments, "split.indices=range(2)") == 0
    fan = tmp_path / "runs" / "fan"
    assert not (fan / "report.html").exists()
    assert "python experiments/report.py name=fan" in capsys.readouterr().out
    assert run_app("report", tmp_path, "name=fan") == 0
    for split in ("split-00", "split-01"):
        assert split_bytes(fan / split) == split_bytes(study / split)
        assert json.loads((fan / "jobs" / split / "status.json").read_text())["state"] == "complete"
    for table in ("table1.csv", "table2.csv", "tests.csv"):
        assert (fan / "tables" / table).read_bytes() == (study / "tables" / table).read_bytes()


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


def test_the_papers_protocol_stamps_every_row_and_page(tmp_path):
    arguments = (*TOY, "name=leak", "protocol=paper", "classifiers=[svm]", "training_sets=[real,real+gen]")
    assert run_app("study", tmp_path, *arguments) == 0
    leak = tmp_path / "runs" / "leak"
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


SHORT = (*TOY, "classifiers=[svm]", "training_sets=[real,real+gen]")


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """A finished toy study of one GAN for both classes."""
    folder = tmp_path_factory.mktemp("conditional")
    assert run_app("study", folder, *SHORT, "name=both", "gan=dcgan", "gan.conditional=true") == 0
    return folder / "runs" / "both" / "split-00"


def test_a_study_with_codes_leaves_a_picture_of_them(tmp_path):
    """InfoGAN's codes under WGAN-GP's losses, with every option of a GAN."""
    options = ("gan.augmentation=[translation,cutout]", "gan.adaptive_target=0.6", "gan.lecam_weight=0.1")
    more = ("gan.ema_warmup=true", "gan.optimizer=rmsprop", "gan.categories=4", "gan.continuous_codes=1")
    assert run_app("study", tmp_path, *SHORT, "name=codes", "gan=info_wgan_gp", *options, *more) == 0
    split = tmp_path / "runs" / "codes" / "split-00"
    for name in ("healthy", "leukemia"):
        assert np.asarray(Image.open(split / "gan" / name / "codes.png")).shape == (2 * 32, 10 * 32, 3)
        assert np.asarray(Image.open(split / "gan" / name / "interpolation.png")).shape == (6 * 32, 8 * 32, 3)
        table = pd.read_csv(split / "gan" / name / "metrics.csv")
        assert {"train/critic_loss", "val/critic_loss", "train/augmentation_probability"} <= set(table)
        assert load_gan(split / "gan" / name / "last.ckpt").hparams["optimizer"] == "rmsprop"
    assert json.loads((split / "provenance.json").read_text())["gan"]["name"] == "InfoWGANGP"
    assert len(pd.read_csv(split / "scores.csv")) == 3


def test_one_gan_learns_both_classes_from_the_training_part(conditional):
    assert [path.name for path in (conditional / "gan").iterdir()] == ["conditional"]
    train = json.loads((conditional / "split.json").read_text())["train"]
    state = torch.load(conditional / "gan" / "conditional" / "last.ckpt", weights_only=True)
    assert state["gan"] == "dcgan"
    assert set(state["data"]["trained_on"]) == {row["sha256"] for row in train}
    assert {row["label"] for row in train} == {0, 1}
    assert "val/critic_loss" in pd.read_csv(conditional / "gan" / "conditional" / "metrics.csv")
    assert not (conditional / "gan" / "conditional" / "codes.png").exists()


def test_one_gan_draws_the_images_of_both_classes(conditional):
    gan = load_gan(conditional / "gan" / "conditional" / "last.ckpt")
    chain = json.loads((conditional / "provenance.json").read_text())["chain"]
    for label, name in enumerate(("healthy", "leukemia")):
        table = pd.read_csv(conditional / "generated" / name / "manifest.csv")
        assert set(table["label"]) == {label}
        assert set(table["checkpoint"]) == {chain["gan"]["conditional"]}
        drawn = gan.sample(6, int(table["seed"][0]), label=label).transpose(0, 2, 3, 1)
        kept = [np.asarray(Image.open(conditional / "generated" / name / image)) for image in table["image"]]
        np.testing.assert_array_equal(kept, drawn)


def test_classifiers_learn_from_the_images_of_one_gan(conditional):
    scores = pd.read_csv(conditional / "scores.csv").set_index(["training_set", "test_set"])
    assert scores["n_train"].to_dict() == {("real", "real"): 16, ("real", "generated"): 16, ("real+gen", "real"): 28}
    assert (conditional.parent / "report.html").exists()


def test_the_clean_protocol_refuses_one_gan_of_both_classes_that_saw_a_test_image(conditional, tmp_path, capsys):
    shutil.copytree(conditional.parents[1], tmp_path / "runs")
    split = tmp_path / "runs" / "both" / "split-00"
    checkpoint = split / "gan" / "conditional" / "last.ckpt"
    state = torch.load(checkpoint, weights_only=True)
    state["data"]["trained_on"].append(json.loads((split / "split.json").read_text())["test"][0]["sha256"])
    torch.save(state, checkpoint)
    provenance = json.loads((split / "provenance.json").read_text())
    provenance["chain"]["gan"]["conditional"] = sha256_of(checkpoint)
    (split / "provenance.json").write_text(json.dumps(provenance))
    (split / "scores.csv").unlink()
    assert run_app("classify", tmp_path, *SHORT, "name=both", "gan=dcgan", "gan.conditional=true") == 1
    assert "was trained on 1 images of the test part, which protocol=clean forbids" in capsys.readouterr().err
    assert not (split / "scores.csv").exists()
