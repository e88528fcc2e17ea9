"""Laws of gan.per=member: a GAN for each kind of cells, or a condition of one, and a class's images in proportion."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from apps import TOY, refusal_of, run_app
from PIL import Image

from leukgan.data.sources.smears import render_smears
from leukgan.errors import InputError
from leukgan.gans import load_gan
from leukgan.run_folder.artifacts import SplitArtifacts, read_provenance
from leukgan.run_folder.files import read_settings
from leukgan.run_folder.paths import SplitFolder
from leukgan.study.audit import audit
from leukgan.study.gan_plan import plan_gans

COUNTS = {"lymphocyte": 8, "monocyte": 16, "blast": 12}
KINDS = ("lymphocyte", "monocyte", "blast")
SHORT = tuple(
    part for part in TOY if not part.startswith(("generation", "generator_steps", "quality.track_every", "data.count"))
)
SHORT += ("generator_steps=2", "quality.track_every=0", "classifiers=[logistic_regression]", "training_sets=[real+gen]")
MEMBERS = (
    *("data=folder", "data.root=cells", "data.classes=[healthy,leukemia]", "split.test_fraction=0.25"),
    "data.members={healthy: [lymphocyte, monocyte], leukemia: blast}",
    *("gan.per=member", "generation.per_class=9"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the images of two kinds of healthy cells and one of blasts."""
    folder = tmp_path_factory.mktemp("members")
    cells = render_smears(image_size=32, count=2 * sum(COUNTS.values()), seed=3)
    healthy, blasts = (iter(cells.of_class(label).images) for label in (0, 1))
    for kind, count in COUNTS.items():
        (folder / "cells" / kind).mkdir(parents=True)
        for number in range(count):
            pixels = next(blasts if kind == "blast" else healthy)
            Image.fromarray(pixels.transpose(1, 2, 0)).save(folder / "cells" / kind / f"{kind}{number:02d}.png")
    return folder


@pytest.fixture(scope="module")
def several(folder):
    """The split's folder of a finished study with a GAN for each member."""
    words = (*SHORT, *MEMBERS, "name=several", "generation.selection=critic", "generation.candidates=2")
    assert run_app("study", folder, *words) == 0
    return folder / "runs" / "several" / "split-00"


@pytest.fixture(scope="module")
def conditional(folder):
    """The split's folder of a run in which one GAN learned all members, and drew."""
    words = (*SHORT, *MEMBERS, "name=conditional", "gan.conditional=true")
    assert run_app("train_gan", folder, *words) == 0
    assert run_app("generate", folder, *words) == 0
    return folder / "runs" / "conditional" / "split-00"


@pytest.fixture(params=["several", "conditional"])
def split(request):
    """Each of the two."""
    return request.getfixturevalue(request.param)


def test_each_gan_learned_the_training_images_of_its_members_alone(split):
    trained = {path.parent.name: torch.load(path, weights_only=True) for path in split.glob("gan/*/last.ckpt")}
    assert set(trained) in ({"conditional"}, set(KINDS))

    train = json.loads((split / "split.json").read_text())["train"]
    for name, checkpoint in trained.items():
        learned = [entry["sha256"] for entry in train if name == "conditional" or entry["image"].startswith(name)]
        assert checkpoint["data"]["trained_on"] == learned
        assert checkpoint["hyper_parameters"]["classes"] == len(KINDS)


def test_a_class_has_the_images_of_its_members_in_the_proportion_of_the_training_images(split):
    healthy, blasts = (pd.read_csv(split / "generated" / name / "manifest.csv") for name in ("healthy", "leukemia"))
    train = [entry["image"] for entry in json.loads((split / "split.json").read_text())["train"] if entry["label"] == 0]
    share = sum(name.startswith("monocyte") for name in train) / len(train)
    assert 0.3 < share < 0.9
    beginnings = np.cumsum(healthy["member"] == "monocyte") - share * np.arange(1, 10)  # for curves over numbers
    assert np.abs(beginnings).max() <= 1

    assert set(blasts["member"]) == {"blast"}
    assert healthy.groupby("member")["checkpoint"].nunique().eq(1).all()
    assert healthy["seed"].nunique() == 2
    assert len(healthy["index"].unique()) == 9
    audit(split)


def test_a_conditional_gan_is_asked_for_each_member(conditional):
    gan = load_gan(conditional / "gan" / "conditional" / "last.ckpt")
    manifest = pd.read_csv(conditional / "generated" / "healthy" / "manifest.csv")
    for number, kind in enumerate(KINDS[:2]):
        rows = manifest[manifest["member"] == kind]
        drawn = gan.sample(len(rows), int(rows["seed"].iloc[0]), label=number)
        files = [np.asarray(Image.open(conditional / "generated" / "healthy" / name)) for name in rows["image"]]
        np.testing.assert_array_equal(np.stack(files), drawn.transpose(0, 2, 3, 1))


def test_the_report_shows_the_gan_of_each_member(several):
    assert "One GAN for each kind of cells" in (several.parent / "report.html").read_text()
    assert len(list((several.parent / "figures").glob("gan_samples_*.png"))) == len(KINDS)


def test_a_new_gan_of_a_member_voids_the_images_of_every_class(several, tmp_path):
    chain = json.loads((several / "provenance.json").read_text())["chain"]
    assert set(chain["generated"]) == {"healthy", "leukemia"}
    copy = SplitFolder(shutil.copytree(several, tmp_path / "split-00"))
    artifacts = SplitArtifacts(copy, read_settings(copy.config), read_provenance(copy)["data"]["fingerprint"])
    artifacts.record("gan", "monocyte")
    assert not artifacts.chain["generated"]
    assert set(artifacts.chain["gan"]) == set(artifacts.chain["metrics"]) | {"monocyte"} == set(KINDS)


def test_members_are_for_studies_that_have_some(folder, tmp_path):
    assert "gan.per=member trains a GAN for each kind" in refusal_of("study", tmp_path, *SHORT, "gan.per=member")
    assert "gan.per must be class or member" in refusal_of("study", tmp_path, *SHORT, "gan.per=kind")
    assert "gan.classes follows from the data" in refusal_of("study", tmp_path, *SHORT, "gan.classes=3")
    (tmp_path / "picks.txt").write_text("healthy_00001.png\n")
    picks = f"generation.selection={tmp_path / 'picks.txt'}"
    assert "gan.per=member trains several" in refusal_of("study", folder, *SHORT, *MEMBERS, picks)


def test_what_takes_one_gan_a_class_refuses_gans_of_members(split, folder):
    name = split.parent.name
    assert "give generated=" in refusal_of("review", folder, f"name={name}")
    assert "only GANs of classes" in refusal_of("compare_gans", folder, f"runs=[{name}]")


# The plan alone.


def cells(**counts):
    """Images of kinds; blasts are the positive class."""
    kinds = tuple(kind for kind, count in counts.items() for _ in range(count))
    images = render_smears(image_size=32, count=2 * len(kinds)).part(range(len(kinds)))
    return replace(images, labels=np.array([kind == "blast" for kind in kinds], dtype=np.int64), kinds=kinds)


@pytest.mark.parametrize("count", [1, 7, 40])
def test_every_beginning_is_within_one_image_of_the_proportion(count):
    images = cells(band=1, lymphocyte=4, monocyte=2, blast=3)
    plan = plan_gans(images, per="member", conditional=False)
    shown = plan.share(images, 0, count)
    for kind, share in {"band": 1 / 7, "lymphocyte": 4 / 7, "monocyte": 2 / 7}.items():
        here = np.cumsum(shown == plan.kinds.index(kind))
        assert np.abs(here - share * np.arange(1, count + 1)).max() <= 1


def test_kinds_stand_in_the_order_of_classes_and_names():
    plan = plan_gans(cells(monocyte=2, blast=2, band=2), per="member", conditional=True)
    assert plan.kinds == ("band", "monocyte", "blast")
    assert plan.labels == (0, 0, 1)
    assert plan.gans([1]) == {"conditional": None}


@pytest.mark.parametrize("kinds", [{"a b": 2, "c": 2, "blast": 2}, {"Band": 2, "band": 2, "blast": 2}])
def test_kinds_that_name_no_folder_are_refused(kinds):
    with pytest.raises(InputError, match="names folders after the kinds"):
        plan_gans(cells(**kinds), per="member", conditional=False)
