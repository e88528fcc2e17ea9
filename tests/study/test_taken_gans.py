"""Laws of gans_from and gan.start_from: another run's GANs are taken, or started from, or refused in a sentence."""

import json
import os
import re
import shutil

import pandas as pd
import pytest
from apps import TOY, refusal_of, run_app

from leukgan.run_folder.files import sha256_of
from leukgan.study.audit import audit

SHORT = (*(part for part in TOY if "steps" not in part), "generator_steps=2", "quality.track_every=0")
PICKED = ("gans_from=first", "name=picked", "generation.per_class=2", "generation.selection=picks.csv")
CLASSES = ("healthy", "leukemia")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run called first with trained GANs, whose decoded images are there too."""
    folder = tmp_path_factory.mktemp("trained")
    assert run_app("train_gan", folder, *SHORT, "name=first") == 0
    return folder


@pytest.fixture
def folder(trained, tmp_path):
    """A copy of that folder, with picks of images of its GANs."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    chain = json.loads((tmp_path / "runs/first/split-00/provenance.json").read_text())["chain"]
    rows = [(f"{name}_{i:05d}.png", name, 40, chain["gan"][name]) for name in CLASSES for i in (3, 39)]
    pd.DataFrame(rows, columns=["image", "class", "drawn", "checkpoint"]).to_csv(tmp_path / "picks.csv", index=False)
    return tmp_path


def test_picks_are_drawn_from_the_taken_gans_without_training(folder, monkeypatch):
    monkeypatch.setattr("leukgan.study.split_study.train_in_parallel", None)
    assert run_app("generate", folder, *SHORT, *PICKED) == 0
    first, picked = (folder / "runs" / name / "split-00" for name in ("first", "picked"))
    provenance = json.loads((picked / "provenance.json").read_text())
    assert provenance["picks"] == {"file": "picks.csv", "sha256": sha256_of(folder / "picks.csv")}
    assert provenance["gans_from"] == "runs/first/split-00"
    for name in CLASSES:
        checkpoint = "gan/" + name + "/last.ckpt"
        assert (first / checkpoint).read_bytes() == (picked / checkpoint).read_bytes()
        manifest = pd.read_csv(picked / "generated" / name / "manifest.csv")
        assert manifest["image"].tolist() == [f"{name}_00003.png", f"{name}_00039.png"]  # 39 is beyond 2 x candidates
    assert any("generated/leukemia: 2 images" in link for link in audit(picked).held)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("gan.n_critic=3", "were trained with other settings (gan.n_critic)"),
        ("seed=1", "were trained with other settings (seed)"),
        ("gans_from=nowhere", "runs/nowhere/split-00 is no split of a study"),
        ("gans_from=picked", "gans_from=picked is this run itself"),
        ("gans_from=../first", "gans_from must be a folder name"),
    ],
)
def test_gans_that_do_not_fit_are_refused(folder, capsys, change, said):
    assert run_app("generate", folder, *SHORT, *PICKED, change) == 1
    assert said in capsys.readouterr().err
    assert not list(folder.glob("runs/picked/*/gan"))


def test_a_changed_checkpoint_is_not_taken(folder, capsys):
    with (folder / "runs/first/split-00/gan/leukemia/last.ckpt").open("ab") as file:
        file.write(b"x")
    assert run_app("generate", folder, *SHORT, *PICKED) == 1
    assert "last.ckpt is missing or was changed" in capsys.readouterr().err
    assert not list(folder.glob("runs/picked/*/gan"))


def test_a_damaged_picture_is_named_where_it_can_be_mended(folder, capsys):
    """A copy of it would be taken again by the same command."""
    picture = next(iter(sorted((folder / "runs/first/split-00/gan/healthy").rglob("*.png")))).relative_to(folder)
    for damage in (lambda path: path.write_bytes(b"no picture"), os.mkfifo):
        (folder / picture).unlink()
        damage(folder / picture)
        assert run_app("generate", folder, *SHORT, *PICKED) == 1
        assert f"error: {picture} is damaged" in capsys.readouterr().err
        assert not (folder / "runs/picked/split-00/gan").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (r",40,\w+", ",40,ab", "was picked from images of another GAN of healthy"),
        (r",40,\w+", ",,", "has images of healthy that no GAN of leukgan drew"),
        (r"(3\.png,\w+),40", r"\1,50", "has images of healthy from two pages"),
        ("drawn", "dawn", "is no picks.csv with the columns image, class, drawn, checkpoint"),
        ("00039", "00040", "40 images of healthy are drawn"),
    ],
)
def test_picks_that_do_not_fit_are_refused(folder, capsys, old, new, said):
    picks = folder / "picks.csv"
    picks.write_text(re.sub(old, new, picks.read_text()))
    assert run_app("generate", folder, *SHORT, *PICKED) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not list(folder.glob("runs/picked/*/generated"))


def test_a_training_starts_from_another_class_of_the_same_split_alone(folder, capsys):
    """Another seed's test part holds images that the start was trained on."""
    start = "runs/first/split-00/gan/leukemia/last.ckpt"
    arguments = (*SHORT, "name=second", "class_name=healthy", f"gan.start_from={start}")
    assert run_app("train_gan", folder, *arguments, "seed=1") == 1
    assert re.search(f"gan.start_from={start} was trained on [0-9]+ images of the", capsys.readouterr().err)

    assert run_app("train_gan", folder, *arguments) == 0
    provenance = json.loads((folder / "runs/second/split-00/provenance.json").read_text())
    assert provenance["gan"]["start_from_sha256"] == sha256_of(folder / start)
    assert audit(folder / "runs/second/split-00").held


@pytest.mark.parametrize("protocol", ["clean", "paper"])
@pytest.mark.parametrize(
    ("start", "said"), [("''", "there is no checkpoint"), ("notes.txt", "notes.txt is no checkpoint")]
)
def test_a_start_that_is_no_checkpoint_is_refused_by_name(tmp_path, protocol, start, said):
    (tmp_path / "notes.txt").write_text("not a checkpoint")
    sentence = refusal_of("study", tmp_path, *SHORT, f"protocol={protocol}", f"gan.start_from={start}")
    plain = start.strip("'")
    assert sentence.startswith(f"error: gan.start_from={plain}: {said}")
