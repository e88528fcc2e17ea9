import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import torch
from apps import FEATURES, ROOT, TOY, run_app, undrawn, write_class_folders
from PIL import Image
from report.synthetic_runs import edit_provenance

from leukgan.gans import load_gan
from leukgan.run_folder.digests import place_with_digest
from leukgan.run_folder.files import sha256_of
from leukgan.run_folder.paths import CLASSIFIED, MEASURED
from leukgan.study.audit import audit

FILES = tuple(f"{name}.csv" for name in (*MEASURED, *CLASSIFIED))


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
    for split in study.glob("split-*"):
        found = audit(split)
        assert found.absent == ()
        for link in ("split", "gan/healthy", "gan/leukemia", "generated/healthy", "generated/leukemia", *FILES):
            assert any(link in held for held in found.held), link


def test_the_same_command_again_does_nothing_twice(study, monkeypatch):
    monkeypatch.setattr("leukgan.report.write_report", lambda folder, **_: folder)
    before = {path: path.stat().st_mtime_ns for path in study.rglob("*") if path.is_file() and "split-" in str(path)}
    assert run_app("study", study.parents[1], *TOY, "name=toy", "split.count=2") == 0
    changed = [path.name for path, time_ in before.items() if path.stat().st_mtime_ns != time_]
    assert set(changed) <= {"status.json"}


def progress_of(app, folder, *arguments):
    """What a command tells of its work: words, units done and of all."""
    told = []

    @contextmanager
    def recorded(words, console=None):
        yield lambda words, done=0, total=0: told.append((words, done, total))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leukgan.presentation.console.status", recorded)
        assert run_app(app, folder, *arguments) == 0
    return told


def test_a_command_tells_its_stages_in_order_and_counts_what_is_alike(study):
    """Of all splits, with an external test set; each count rises."""
    external = write_class_folders(study.parents[1] / "external", per_class=4)
    again = (*TOY, "name=again", "gans_from=toy", "split.count=2", f"data.external={external}")
    check = ("data.image_size=32", "data.count=24", "split.test_fraction=0.25", f"data.external={external}")
    drawn = [f"split {split}: {name}, class" for split in (0, 1) for name in ("healthy", "leukemia")]
    names = ("1 of 4, quality", "2 of 4, shift", "3 of 4, classifiers", "4 of 4, controls")
    evaluated = [f"split {split}: stage {name}" for split in (0, 1) for name in names]
    for app, arguments, stages in (
        ("check_data", check, [f"stage {number} of 3" for number in (1, 2, 3)]),
        ("generate", again, drawn),
        ("classify", again, evaluated),
    ):
        told = progress_of(app, study.parents[1], *arguments)
        order = [stage for words, _, _ in told for stage in stages if words.startswith(stage)]
        assert list(dict.fromkeys(order)) == stages, app
        assert order == sorted(order, key=stages.index), app
        assert {total for *_, total in told} > {0}, app
        assert all(0 <= done <= total for _, done, total in told), app


@pytest.fixture(scope="module")
def continued(tmp_path_factory):
    """The first split of the same study, which was killed in training and whose GANs were then trained to the end."""
    folder = tmp_path_factory.mktemp("continued")
    killed = folder / "runs" / "toy" / "split-00"
    command = [sys.executable, str(ROOT / "experiments" / "study.py"), *TOY, "name=toy"]
    process = subprocess.Popen(command, cwd=folder, start_new_session=True, stderr=subprocess.DEVNULL)
    while not list(killed.glob("gan/*/last.ckpt")):
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "generated").exists()

    assert run_app("train_gan", folder, *TOY, "name=toy") == 0
    return killed


@pytest.fixture(scope="module")
def in_order(continued):
    """The same split, from which the other apps have made images and scores."""
    for name in ("generate", "classify"):
        assert run_app(name, continued.parents[2], *TOY, "name=toy") == 0
    return continued


def test_a_training_that_was_killed_ends_as_the_uninterrupted_one(study, continued):
    for path in (*study.glob("split-00/gan/*/metrics.csv"), *study.glob("split-00/gan/**/*.png")):
        assert (continued / path.relative_to(study / "split-00")).read_bytes() == path.read_bytes()


def test_the_apps_in_order_make_the_bytes_that_the_study_makes(study, in_order):
    assert split_bytes(in_order) == split_bytes(study / "split-00")


@pytest.mark.slow
def test_splits_as_jobs_make_the_bytes_that_the_study_makes(study, in_order, capsys):
    """The first is done already, so that its job has nothing to do."""
    folder, run = in_order.parents[2], in_order.parent
    assert run_app("study", folder, "-m", *TOY, "name=toy", "split.count=2", "split.indices=range(2)") == 0
    assert not (run / "report.html").exists()
    assert "python experiments/report.py name=toy" in capsys.readouterr().out
    with undrawn():
        assert run_app("report", folder, "name=toy", "logger=csv") == 0
    for split in ("split-00", "split-01"):
        assert split_bytes(run / split) == split_bytes(study / split)
        assert json.loads((run / "jobs" / split / "status.json").read_text())["state"] == "complete"
    for table in ("table1.csv", "table2.csv", "tests.csv"):
        assert (run / "tables" / table).read_bytes() == (study / "tables" / table).read_bytes()


def test_one_class_can_be_trained_alone_and_needs_no_classifier(tmp_path):
    toy = [argument for argument in TOY if not argument.startswith("classifier.weights")]
    arguments = (*toy, "classifier.weights=/nowhere.pth", "name=one", "class_name=leukemia")
    assert run_app("train_gan", tmp_path, *arguments) == 0
    assert [path.parent.name for path in tmp_path.glob("runs/one/split-00/gan/*/last.ckpt")] == ["leukemia"]


SHORT = (*TOY, "classifiers=[svm]", "training_sets=[real,real+gen]")


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """A finished toy study of one GAN for both classes."""
    folder = tmp_path_factory.mktemp("conditional")
    with undrawn():
        assert run_app("study", folder, *SHORT, "name=both", "gan=dcgan", "gan.conditional=true") == 0
    return folder / "runs" / "both" / "split-00"


@pytest.fixture(scope="module")
def leak(tmp_path_factory):
    """A finished toy study by the paper's protocol: InfoGAN's codes with every option, and VGG16."""
    folder = tmp_path_factory.mktemp("leak")
    options = ("gan.augmentation=[translation,cutout]", "gan.adaptive_target=0.6", "gan.lecam_weight=0.1")
    more = ("gan.ema_warmup=true", "gan.optimizer=rmsprop", "gan.categories=4", "gan.continuous_codes=1")
    toy = [argument for argument in SHORT if argument not in FEATURES]
    arguments = (*toy, "name=leak", "protocol=paper", "gan=info_wgan_gp", *options, *more)
    with undrawn(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("leukgan.metrics.image_quality.IMAGES", 20)  # of each set, which the study's own network looks at
        assert run_app("study", folder, *arguments) == 0
    return folder / "runs" / "leak"


def test_the_papers_protocol_stamps_every_row_and_page(leak):
    assert set(pd.read_csv(leak / "split-00" / "scores.csv")["protocol"]) == {"paper"}
    for path in ("report.html", "tables/table2.md", "tables/table2.csv", "tables/table2.tex"):
        assert "LEAKY" in (leak / path).read_text()


def test_a_study_with_codes_leaves_a_picture_of_them(leak):
    split = leak / "split-00"
    for name in ("healthy", "leukemia"):
        assert np.asarray(Image.open(split / "gan" / name / "codes.png")).shape == (2 * 32, 10 * 32, 3)
        assert np.asarray(Image.open(split / "gan" / name / "interpolation.png")).shape == (6 * 32, 8 * 32, 3)
        table = pd.read_csv(split / "gan" / name / "metrics.csv")
        assert {"train/critic_loss", "train/augmentation_probability"} <= set(table)
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
    torch.save(state, checkpoint.with_name("aside"))
    place_with_digest(checkpoint.with_name("aside"), checkpoint)
    edit_provenance(split, lambda provenance: provenance["chain"]["gan"].update(conditional=sha256_of(checkpoint)))
    (split / "scores.csv").unlink()
    assert run_app("classify", tmp_path, *SHORT, "name=both", "gan=dcgan", "gan.conditional=true") == 1
    assert "was trained on 1 images of the test part, which protocol=clean forbids" in capsys.readouterr().err
    assert not (split / "scores.csv").exists()
