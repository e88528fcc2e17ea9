"""generate.py as a user runs it on one checkpoint, without data and without a run folder."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from apps import refusal_of, run_app


@pytest.fixture
def refuses(tmp_path):
    """The sentence with which generate.py refuses its arguments."""
    folder = tmp_path / "here"
    folder.mkdir()
    return partial(refusal_of, "generate", folder)


def test_a_checkpoint_is_all_it_needs(checkpoint, tmp_path, capsys):
    assert run_app("generate", tmp_path, f"checkpoint={checkpoint}", "seeds=3+7-8", "data=all_idb2") == 0
    captured = capsys.readouterr()
    assert captured.out == "The result is in images\n"
    assert captured.err == ""  # no progress bar where there is no terminal
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
    names = ["seed_00003.png", "seed_00007.png", "seed_00008.png"]
    assert sorted(path.name for path in (tmp_path / "images").iterdir()) == ["manifest.csv", *names]


def test_every_setting_arrives(conditional, tmp_path, capsys):
    arguments = ("seeds=[3,20-21]", "truncation=0.7", "interpolation=2", "label=1", "output=some/where")
    assert run_app("generate", tmp_path, f"checkpoint={conditional}", *arguments) == 0
    table = pd.read_csv(tmp_path / "some" / "where" / "manifest.csv")
    assert table["seed"].tolist() == [3, 3, 20, 20, 21]
    assert set(table["truncation"]) == {0.7}
    assert set(table["label"]) == {1}
    assert run_app("generate", tmp_path, f"checkpoint={conditional}", *arguments, "format=npz") == 0
    assert capsys.readouterr().out.endswith("The result is in some/where/images.npz\n")
    assert len(np.load(tmp_path / "some" / "where" / "images.npz")["images"]) == 5


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("seeds=7-3", "the range 7-3 of seeds is empty"),
        ("truncation=much", "truncation"),
        ("output=..", "output=.."),
        ("seed_s=1", "seed_s"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(override, words, checkpoint, refuses, tmp_path):
    (tmp_path / "mine").write_text("")
    assert words in refuses(f"checkpoint={checkpoint}", "seeds=0-3", override)


def test_seeds_without_a_checkpoint_are_a_sentence(refuses):
    assert "add checkpoint=<file>" in refuses("seeds=0-3")
