"""Laws of data.external: test sets from elsewhere are scored like the test part, and nothing learns from them."""

import json

import numpy as np
import pandas as pd
import pytest
from apps import TOY, run_app
from PIL import Image

from leukgan.data.sources.smears import render_smears
from leukgan.study.audit import audit

SHORT = tuple(part for part in TOY if not part.startswith(("generation", "generator_steps", "quality.track_every")))
SHORT += ("generator_steps=2", "quality.track_every=0", "classifiers=[svm]", "generation.per_class=4")
SHORT += ("training_sets=[real,real+gen]", "name=toy")


def write_cells(folder, seed, per_class=6, change=lambda pixels: pixels):
    """A folder for each class with rendered cells, and a csv file that names them."""
    cells = render_smears(image_size=32, count=2 * per_class, seed=seed)
    rows = []
    for number, (pixels, label) in enumerate(zip(cells.images, cells.labels, strict=True)):
        path = folder / cells.classes[label] / f"cell-{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(change(pixels).transpose(1, 2, 0)).save(path)
        rows.append({"image": str(path.relative_to(folder)), "label": cells.classes[label]})
    pd.DataFrame(rows).to_csv(folder / "cells.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A folder in which a study runs, beside the images of two other hospitals."""
    folder = tmp_path_factory.mktemp("external")
    write_cells(folder / "b", seed=5, change=lambda pixels: (pixels * 0.6).astype(np.uint8))
    write_cells(folder / "c", seed=6)
    return folder


@pytest.fixture(scope="module")
def split(places):
    """The split's folder of a study with two external test sets."""
    sets = "data.external={hospital_b: b, c: c/cells.csv}"
    assert run_app("study", places, *SHORT, sets) == 0
    return places / "runs" / "toy" / "split-00"


def test_every_classifier_is_scored_on_each_external_set(split):
    scores = pd.read_csv(split / "scores.csv").set_index(["training_set", "test_set"])
    for training_set in ("real", "real+gen"):
        for test_set in ("hospital_b", "c"):
            assert scores.loc[(training_set, test_set), "n_test"] == 12
    predictions = pd.read_csv(split / "predictions.csv").query("test_set == 'hospital_b' and training_set == 'real'")
    assert set(predictions["image"]) == {
        f"{path.parent.name}/{path.name}" for path in split.parents[2].glob("b/*/*.png")
    }


def test_external_images_are_hashed_and_in_no_part(split):
    external = json.loads((split / "external.json").read_text())
    parts = json.loads((split / "split.json").read_text())
    assert [len(found["images"]) for found in external.values()] == [12, 12]
    own = {entry["sha256"] for found in external.values() for entry in found["images"]}
    assert own.isdisjoint(entry["sha256"] for entries in parts.values() for entry in entries)
    provenance = json.loads((split / "provenance.json").read_text())
    assert provenance["data"]["external"]["hospital_b"]["counts"] == {"healthy": 6, "leukemia": 6}
    assert any("external test set c: none of its 12 images" in held for held in audit(split).held)
