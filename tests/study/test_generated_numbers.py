"""Laws of generation.per_class: unequal numbers, none of a class, and several numbers for a curve."""

import json

import pandas as pd
import pytest
from apps import TOY, refusal_of, run_app

SHORT = tuple(part for part in TOY if not part.startswith(("generation", "generator_steps", "quality.track_every")))
SHORT += ("generator_steps=2", "quality.track_every=0", "classifiers=[logistic_regression]")


@pytest.fixture(scope="module")
def unequal(tmp_path_factory):
    """The split's folder of a study whose generated images are all of one class."""
    folder = tmp_path_factory.mktemp("unequal")
    assert run_app("study", folder, *SHORT, "name=toy", "generation.per_class={leukemia: 5, healthy: 0}") == 0
    return folder / "runs" / "toy" / "split-00"


def test_a_class_of_which_no_image_is_wanted_has_no_gan_and_no_image(unequal):
    assert [path.name for path in (unequal / "gan").iterdir()] == ["leukemia"]
    assert len(pd.read_csv(unequal / "generated" / "leukemia" / "manifest.csv")) == 5
    assert not (unequal / "generated" / "healthy").exists()
    assert json.loads((unequal / "status.json").read_text()) == {"state": "done"}


def test_training_sets_hold_the_unequal_numbers_and_measures_are_of_the_drawn_class(unequal):
    scores = pd.read_csv(unequal / "scores.csv").query("test_set == 'real'").set_index("training_set")
    assert scores.loc["real+gen", "n_train"] == scores.loc["real", "n_train"] + 5
    for table in ("quality", "copying", "cells"):
        assert set(pd.read_csv(unequal / f"{table}.csv")["class"]) == {"leukemia"}


def test_the_report_tells_the_unequal_numbers(unequal):
    page = (unequal.parent / "report.html").read_text()
    assert "images were then made: 5 of leukemia and none of healthy" in page


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0", "generation.per_class must be a number of images from 1"),
        ("[]", "generation.per_class must be a number of images from 1"),
        ("[5,5]", "generation.per_class must be a number of images from 1"),
        ("{leukemia: 0}", "generation.per_class must be a number of images from 1"),
        ("{leukemia: -1, healthy: 4}", "got {'leukemia': -1, 'healthy': 4}"),
        ("{lymphoma: 3}", "generation.per_class must be healthy or leukemia, got 'lymphoma'"),
    ],
)
def test_numbers_that_make_no_sense_are_one_sentence(tmp_path, value, said):
    assert said in refusal_of("study", tmp_path, *SHORT, f"generation.per_class={value}")


def test_several_numbers_are_drawn_once_and_become_a_curve(tmp_path):
    assert run_app("study", tmp_path, *SHORT, "name=toy", "generation.per_class=[0,2,4]") == 0
    split = tmp_path / "runs" / "toy" / "split-00"
    assert [len(pd.read_csv(path)) for path in split.glob("generated/*/manifest.csv")] == [4, 4]
    controls = pd.read_csv(split / "controls.csv").query("control == '2 generated'").set_index("training_set")
    real = pd.read_csv(split / "scores.csv").query("test_set == 'real'").set_index("training_set")["n_train"]
    assert controls.loc["real+gen", "n_train"] == real["real"] + 2 * 2
    table = pd.read_csv(tmp_path / "runs" / "toy" / "tables" / "numbers.csv")
    assert table["per_class"].tolist() == [0, 2, 4] * 2
    page = (tmp_path / "runs" / "toy" / "report.html").read_text()
    assert "each then made 4 images, of which classifiers were also trained with the first 2" in page
