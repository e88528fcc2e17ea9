"""Laws of data.external: test sets from elsewhere are scored like the test part, and nothing learns from them."""

import json
import shutil
from contextlib import redirect_stderr
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from apps import TOY, refusal_of, run_app
from PIL import Image

from leukgan.data.sources.smears import render_smears
from leukgan.metrics.degradation import blur
from leukgan.study.audit import audit

OWN = ("data", "split.test_fraction", "generation", "generator_steps", "quality.track_every")
SHORT = tuple(part for part in TOY if not part.startswith(OWN))
SHORT += ("data=folder", "data.root=own", "data.classes=[healthy,leukemia]", "data.image_size=32")
SHORT += ("split.test_fraction=0.3", "generator_steps=2")
SHORT += ("quality.track_every=0", "generation.per_class=4", "classifiers=[svm]", "training_sets=[real,real+gen]")
SETS = "data.external={hospital_b: b, c: c/cells.csv}"


def write_cells(folder, cells, images):
    """A folder for each class with these images, and a csv file that names them."""
    rows = []
    for number, (pixels, label) in enumerate(zip(images, cells.labels, strict=True)):
        path = folder / cells.classes[label] / f"cell-{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.transpose(1, 2, 0)).save(path)
        rows.append({"image": str(path.relative_to(folder)), "label": cells.classes[label]})
    pd.DataFrame(rows).to_csv(folder / "cells.csv", index=False)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A folder in which studies of `own` run, beside other cells: stained anew and blurred, and as they are."""
    folder = tmp_path_factory.mktemp("external")
    own = render_smears(image_size=32, count=80, seed=0, difficulty=0)
    write_cells(folder / "own", own, own.images)
    cells = render_smears(image_size=32, count=40, seed=5, difficulty=0)
    stain = np.array([0.6, 0.5, 0.7])[:, None, None]
    write_cells(folder / "b", cells, blur((cells.images * stain).astype(np.uint8)))
    write_cells(folder / "c", cells, cells.images)
    return folder


@pytest.fixture(scope="module")
def split(places):
    """The split's folder of a study with these two external test sets."""
    assert run_app("study", places, *SHORT, "name=toy", SETS) == 0
    return places / "runs" / "toy" / "split-00"


def test_every_classifier_is_scored_on_each_external_set(split):
    scores = pd.read_csv(split / "scores.csv").set_index(["training_set", "test_set"])
    for training_set in ("real", "real+gen"):
        for test_set in ("hospital_b", "c"):
            assert scores.loc[(training_set, test_set), "n_test"] == 40
    predictions = pd.read_csv(split / "predictions.csv").query("test_set == 'hospital_b' and training_set == 'real'")
    assert set(predictions["image"]) == {
        f"{path.parent.name}/{path.name}" for path in split.parents[2].glob("b/*/*.png")
    }


def test_external_images_are_hashed_and_in_no_part(split):
    external = json.loads((split / "external.json").read_text())
    parts = json.loads((split / "split.json").read_text())
    assert [len(found["images"]) for found in external.values()] == [40, 40]
    own = {entry["sha256"] for found in external.values() for entry in found["images"]}
    assert own.isdisjoint(entry["sha256"] for entries in parts.values() for entry in entries)
    provenance = json.loads((split / "provenance.json").read_text())
    assert provenance["data"]["external"]["hospital_b"]["counts"] == {"healthy": 20, "leukemia": 20}
    assert any("external test set c: none of its 40 images" in held for held in audit(split).held)


def test_a_planted_shift_shows_its_loss_beside_the_own_test_part(split):
    table = pd.read_csv(split.parent / "tables" / "external.csv").query("training_set == 'real'").set_index("test_set")
    assert table.loc["hospital_b", "difference"] < -0.15
    assert table.loc["c", "difference"] > -0.1
    assert table.loc["hospital_b", "value"] < table.loc["c", "value"] - 0.2

    shift = pd.read_csv(split / "shift.csv").set_index(["test_set", "measure"])
    assert shift.loc[("hospital_b", "green"), "high"] < 0.1
    assert shift.loc[("hospital_b", "sharpness"), "auc"] < shift.loc[("c", "sharpness"), "auc"] - 0.1
    assert shift.loc[("hospital_b", "kid_pixels"), "low"] > shift.loc[("c", "kid_pixels"), "high"]

    page = (split.parent / "report.html").read_text()
    assert page.index('class="answer"') < page.index("<strong>On hospital_b:</strong>") < page.index("<h2>")
    assert "Does it hold elsewhere?" in page


def test_the_same_command_does_nothing_again_and_other_sets_are_refused(split, places, monkeypatch):
    before = (split / "scores.csv").stat().st_mtime_ns, (split / "shift.csv").stat().st_mtime_ns
    assert run_app("study", places, *SHORT, "name=toy", SETS) == 0
    assert before == ((split / "scores.csv").stat().st_mtime_ns, (split / "shift.csv").stat().st_mtime_ns)
    for others in ("data.external={hospital_b: b}", "data.external={hospital_b: b, d: c}", "data.external={}"):
        assert "was made with other external test sets" in refusal_of("study", places, *SHORT, "name=toy", others)


def test_trained_gans_are_taken_to_another_external_set(split, places, monkeypatch):
    monkeypatch.setattr("leukgan.study.split_study.train_in_parallel", None)
    assert run_app("study", places, *SHORT, "name=taken", "gans_from=toy", "data.external=c") == 0
    scores = pd.read_csv(places / "runs" / "taken" / "split-00" / "scores.csv")
    assert set(scores["test_set"]) == {"real", "generated", "c"}
    before = pd.read_csv(split / "scores.csv")
    ours, theirs = (table.query("test_set == 'c'").reset_index(drop=True) for table in (scores, before))
    pd.testing.assert_frame_equal(ours, theirs)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere", "external test set nowhere: data.root=nowhere is not a folder"),
        ("{d: {root: b, patern: x}}", "there is no setting 'data.external.d.patern'; did you mean"),
        ("{d: {root: b, image_size: 64}}", "its images have 64 pixels and those of the data 32"),
        ("{real: b}", "'real' can't name a test set"),
        ("{d: {_target_: os.system, command: ls}}", "names code that settings may not run there"),
        ("own", "80 of its 80 images show the same as images of the data"),
        (
            "{d: {_target_: leukgan.data.sources.all_idb2.list_all_idb2, root: b}}",
            "has no image named like Im001_0.tif",
        ),
    ],
)
def test_external_sets_that_can_not_be_are_one_sentence_before_any_work(places, given, said):
    assert said in refusal_of("study", places, *SHORT, "name=new", f"data.external={given}")


def test_the_check_of_data_says_what_is_wrong_with_an_external_set(places):
    (places / "d").mkdir()
    copied = next((places / "c" / "healthy").iterdir())
    for name in ("healthy", "leukemia"):
        (places / "d" / name).mkdir()
        shutil.copy(copied, places / "d" / name / "a.png")
    with redirect_stderr(StringIO()) as error:
        assert run_app("check_data", places, *SHORT, "name=checked", "overlaps=false", "data.external=d") == 1
    assert "external test set d: the images healthy/a.png and leukemia/a.png show the same" in error.getvalue()
    page = (places / "runs" / "checked" / "check" / "check.html").read_text()
    assert "A study would refuse this" in page
