"""Laws of errors: one sentence, which whoever knows the setting's full key can address again."""

import pickle

import pytest

from leukgan.errors import InputError, TrainingDiverged, explain


@pytest.fixture
def wrong():
    return InputError(
        "{setting}={value} is not a file", setting="weights", value="a.pth", remedy="give {setting}=b.pth"
    )


def test_an_error_is_addressed_by_whoever_knows_its_group(wrong):
    assert str(wrong) == "weights=a.pth is not a file; give weights=b.pth."
    assert str(wrong.under("quality.features")) == (
        "quality.features.weights=a.pth is not a file; give quality.features.weights=b.pth."
    )
    assert (wrong.setting, wrong.value, wrong.remedy) == ("weights", "a.pth", "give {setting}=b.pth")


def test_a_whole_sentence_stays_as_it_is():
    sentence = "the file {setting} of {index} is empty."
    assert str(InputError(sentence).under("data")) == sentence


def test_an_error_crosses_processes_with_its_parts(wrong):
    again = pickle.loads(pickle.dumps(TrainingDiverged("it diverged.")))
    assert isinstance(again, TrainingDiverged)
    assert str(pickle.loads(pickle.dumps(wrong)).under("classifier")) == str(wrong.under("classifier"))


def test_only_what_the_user_can_correct_is_explained(tmp_path):
    assert explain(InputError("first line.\nsecond")) == "first line."
    assert explain(FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")).endswith(
        "make room there, or set TMPDIR to a folder that you may write to."
    )
    assert explain(OSError(28, "No space left on device", "a.csv")) == (
        "No space left on device: a.csv; make room, then repeat."
    )
    assert explain(OSError(13, "Permission denied", "runs")).startswith(
        "Permission denied: runs; start in a folder that"
    )
    assert explain(OSError(36, "File name too long", "n")) == "File name too long: n; give a shorter name."
    assert explain(NotADirectoryError(20, "Not a directory", "runs/a")).startswith("Not a directory: runs/a; a file st")
    assert explain(OSError(2, "No such file", "a.csv")) is None
    assert explain(KeyError("name")) is None
