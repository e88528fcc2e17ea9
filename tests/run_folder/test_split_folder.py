"""Laws of a split's folder: what followed from something that was made again is void, and nothing else."""

import json

import pandas as pd
import pytest

from leukgan.run_folder.split_folder import SplitFolder


@pytest.fixture
def made(tmp_path):
    folder = SplitFolder(tmp_path, {}, "fingerprint")
    folder.open({"seed": 0}, {"train": []}, {"data": {"fingerprint": "fingerprint"}})
    for name in ("healthy", "leukemia"):
        for stage, below, file in (
            ("gan", "gan", "last"),
            ("best", "gan", "best"),
            ("generated", "generated", "images"),
        ):
            path = tmp_path / below / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(stage)
    for stage, below, file in (("gan", "gan", "last"), ("best", "gan", "best"), ("generated", "generated", "images")):
        for name in ("healthy", "leukemia"):
            folder.record(stage, name, file, folder=below)
    folder.write({"scores": pd.DataFrame({"n": [1]})})
    return folder


def test_all_that_was_made_is_known(made):
    for stage in ("gan", "best", "generated"):
        assert sorted(made.chain[stage]) == ["healthy", "leukemia"]
    assert made.is_written(["scores"])


def test_another_gan_of_a_class_voids_what_came_from_it_and_no_more(made):
    made.record("gan", "healthy", "last")
    assert sorted(made.chain["gan"]) == ["healthy", "leukemia"]
    assert list(made.chain["best"]) == list(made.chain["generated"]) == ["leukemia"]
    assert not made.is_written(["scores"])


def test_other_images_void_the_scores_and_no_gan(made):
    made.record("generated", "leukemia", "images")
    assert sorted(made.chain["best"]) == sorted(made.chain["generated"]) == ["healthy", "leukemia"]
    assert not made.is_written(["scores"])


def test_another_gan_of_both_classes_voids_the_images_of_both(made):
    path = made.path / "gan" / "conditional" / "last"
    path.parent.mkdir()
    path.write_text("")
    made.record("gan", "conditional", "last")
    assert made.chain["generated"] == {}


def test_a_table_that_was_changed_is_not_written(made):
    (made.path / "scores.csv").write_text("n\n2\n")
    assert not made.is_written(["scores"])


def test_the_state_says_what_is_done_and_how_it_ended(made):
    def state():
        return json.loads((made.path / "status.json").read_text())

    with made.stage("gan"):
        assert state() == {"state": "running", "stage": "gan"}
    assert state() == {"state": "unfinished", "stage": "gan"}
    with pytest.raises(ValueError, match="broke"), made.stage("quality"):
        raise ValueError("broke")
    assert state() == {"state": "failed", "stage": "quality", "error": "ValueError: broke"}
    made.finish()
    assert state() == {"state": "done"}
