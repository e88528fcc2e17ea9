"""Laws of a split's artifacts: what followed from a file that was written again is void, and nothing else."""

import json
import re

import pandas as pd
import pytest

from leukgan.errors import InputError
from leukgan.run_folder.artifacts import SplitArtifacts, changed_settings, training_settings
from leukgan.run_folder.paths import SplitFolder

CLASSES = ("healthy", "leukemia")


@pytest.fixture
def artifacts(tmp_path):
    written = SplitArtifacts(SplitFolder(tmp_path), {"seed": 0}, "fingerprint")
    written.begin({"train": []}, {"data": {"fingerprint": "fingerprint", "classes": ["healthy", "leukemia"]}})
    for stage in ("gan", "best", "generated"):
        for name in CLASSES:
            write(written, stage, name)
    written.write_tables({"scores": pd.DataFrame({"n": [1]})})
    return written


def write(artifacts, stage, name):
    path = artifacts.folder.artifact(stage, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(stage)
    artifacts.record(stage, name)


def test_all_that_was_made_is_known(artifacts):
    for stage in ("gan", "best", "generated"):
        assert sorted(artifacts.chain[stage]) == ["healthy", "leukemia"]
    assert artifacts.has_tables(["scores"])


def test_another_gan_of_a_class_voids_what_came_from_it_and_no_more(artifacts):
    artifacts.record("gan", "healthy")
    assert sorted(artifacts.chain["gan"]) == ["healthy", "leukemia"]
    assert list(artifacts.chain["best"]) == list(artifacts.chain["generated"]) == ["leukemia"]
    assert not artifacts.has_tables(["scores"])


def test_other_images_void_the_scores_and_no_gan(artifacts):
    artifacts.record("generated", "leukemia")
    assert sorted(artifacts.chain["best"]) == sorted(artifacts.chain["generated"]) == ["healthy", "leukemia"]
    assert not artifacts.has_tables(["scores"])


def test_another_gan_of_both_classes_voids_the_images_of_both(artifacts):
    write(artifacts, "gan", "conditional")
    assert artifacts.chain["generated"] == {}


def test_a_table_that_was_changed_is_not_written(artifacts):
    (artifacts.folder.path / "scores.csv").write_text("n\n2\n")
    assert not artifacts.has_tables(["scores"])


SETTINGS = {"name": "a", "seed": 0, "data": {"root": "/a", "table": None, "image_size": 32}, "split": {"file": "x"}}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": "b"}, ""),
        ({"data": {"root": "b", "table": "b.csv", "image_size": 32}, "split": {"file": "y"}}, ""),
        ({"data": {"root": "/a", "table": None, "image_size": 64}}, "(data.image_size)"),
        ({"seed": 1, "split": {"file": "x", "count": 3}}, "(seed, split.count)"),
    ],
)
def test_a_split_goes_on_under_another_name_and_from_another_place(tmp_path, changes, named):
    folder = SplitFolder(tmp_path)
    SplitArtifacts(folder, SETTINGS, "same").begin(
        {}, {"data": {"fingerprint": "same", "classes": ["healthy", "leukemia"]}}
    )
    if named:
        with pytest.raises(InputError, match=re.escape(f"was made with other settings {named}")):
            SplitArtifacts(folder, SETTINGS | changes, "same")
    else:
        assert SplitArtifacts(folder, SETTINGS | changes, "same").begun
    with pytest.raises(InputError, match="was made from other images"):
        SplitArtifacts(folder, SETTINGS, "other")


def test_a_group_that_builds_something_else_is_named_and_not_each_setting_of_it():
    critic, steps = {"_target_": "WGANGP", "n_critic": 5, "betas": [0.5, 0.9]}, {"seed": 1}
    assert changed_settings({"gan": critic}, {"gan": {**critic, "n_critic": 3}} | steps) == ["gan.n_critic", "seed"]
    assert changed_settings({"gan": critic}, {"gan": {"_target_": "DCGAN", "n_critic": 1}}) == ["gan"]


def test_what_comes_after_a_training_is_none_of_its_settings():
    before = {"seed": 0, "augmentation": {"gan": "orbit", "classifiers": "none"}, "quality": {"track_every": 2}}
    after = {
        "name": "b",
        "augmentation": {"gan": "orbit", "classifiers": "flips"},
        "quality": {"track_every": 2, "features": {"_target_": "PooledVGG16"}, "fid": True},
        "metrics": {"primary": "f1"},
    }
    assert training_settings(before) == training_settings(before | after)
    for trained in ({"seed": 1}, {"augmentation": {"gan": "flips"}}, {"quality": {"track_every": 3}}):
        assert training_settings(before) != training_settings(before | trained)


def test_the_state_says_what_is_done_and_how_it_ended(artifacts):
    def state():
        return json.loads((artifacts.folder.path / "status.json").read_text())

    with artifacts.stage("gan"):
        assert state() == {"state": "running", "stage": "gan"}
    assert state() == {"state": "unfinished", "stage": "gan"}
    with pytest.raises(KeyboardInterrupt), artifacts.stage("gan"):
        raise KeyboardInterrupt("by SIGTERM")
    assert state() == {"state": "stopped", "stage": "gan", "error": "by SIGTERM"}
    with pytest.raises(ValueError, match="broke"), artifacts.stage("quality"):
        raise ValueError("broke")
    assert state() == {"state": "failed", "stage": "quality", "error": "ValueError: broke"}
    artifacts.finish()
    assert state() == {"state": "done"}


def test_a_split_goes_on_with_the_same_external_test_sets_only(tmp_path):
    folder, known = SplitFolder(tmp_path), {"data": {"fingerprint": "same", "classes": ["healthy", "leukemia"]}}
    ours = {"b": {"fingerprint": "1", "images": []}}
    SplitArtifacts(folder, SETTINGS, "same", ours).begin({}, known)
    for others in ({}, {"b": {"fingerprint": "2", "images": []}}, {"c": ours["b"]}):
        with pytest.raises(InputError, match="was made with other external test sets"):
            SplitArtifacts(folder, SETTINGS, "same", others)

    folder.external.unlink()
    written = SplitArtifacts(folder, SETTINGS, "same", ours)
    assert json.loads(folder.external.read_text()) == ours
    write(written, "gan", "healthy")
    assert "external" in written.chain


def test_a_split_without_external_test_sets_gets_none(artifacts):
    assert not artifacts.folder.external.exists()
    with pytest.raises(InputError, match="was made with other external test sets"):
        SplitArtifacts(artifacts.folder, {"seed": 0}, "fingerprint", {"b": {}})
