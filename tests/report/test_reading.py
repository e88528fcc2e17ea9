import pytest

from leukgan.errors import InputError
from leukgan.report.reading import read_run


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_only_finished_splits_are_used_and_the_others_named(make_run):
    run = read_run(make_run(splits=3, states=["done", "running", "failed"]))
    assert [split.name for split in run.splits] == ["split-00"]
    assert run.unfinished == (("split-01", "running"), ("split-02", "failed"))


def test_a_run_without_a_finished_split_is_refused(make_run, tmp_path):
    with pytest.raises(InputError, match="no finished split"):
        read_run(make_run(states=["running"]))
    with pytest.raises(InputError, match="no split"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("scores.csv", ",27,1,", ",26,1,", "n_test"),
        ("scores.csv", "vgg16", "resnet", "resnet"),
        ("scores.csv", "n_train", "size", "lacks the columns n_train"),
        ("scores.csv", ",27,1,", ",many,1,", "whole numbers"),
        ("predictions.csv", ",1,-0.5,0", ",1,-0.5,1", r"predictions\.csv has tp 28"),
        ("scores.csv", ",27,1,20,4", ",26,2,21,3", r"scores\.csv has tp 26, fn 2, tn 21, fp 3"),
        ("provenance.json", '"chain"', '"chains"', "chain"),
        ("provenance.json", '"svm"', '"s v m"', "title for svm"),
        ("provenance.json", '"protocol": "clean"', '"protocol": "other"', "protocol must be"),
        ("provenance.json", "{", "", "is damaged"),
        ("provenance.json", '"healthy"', '"../healthy"', "classes"),
    ],
)
def test_contradicting_files_are_refused(make_run, file, old, new, message):
    folder = make_run()
    edit(folder / "split-00" / file, old, new)
    with pytest.raises(InputError, match=message):
        read_run(folder)


@pytest.mark.parametrize(
    ("file", "message"), [("predictions.csv", r"predictions\.csv is missing"), ("scores.csv", "no row")]
)
def test_a_missing_file_is_named(make_run, file, message):
    folder = make_run()
    (folder / "split-00" / file).unlink()
    with pytest.raises(InputError, match=message):
        read_run(folder)


def test_splits_with_another_primary_metric_are_refused(make_run):
    folder = make_run(splits=2, metrics={"primary": "auroc", "specificity": 0.95})
    edit(folder / "split-01" / "config.yaml", "auroc", "mcc")
    with pytest.raises(InputError, match=r"metrics is .*auroc.* in split-00 and .*mcc"):
        read_run(folder)


def test_splits_of_different_data_are_refused(make_run):
    folder = make_run(splits=2)
    edit(folder / "split-01" / "provenance.json", '"all_idb2"', '"smears"')
    with pytest.raises(InputError, match=r"data\.source"):
        read_run(folder)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("scores.csv", "0,clean,", "0,paper,"), ("provenance.json", '"protocol": "clean"', '"protocol": "paper"')],
)
def test_one_word_of_protocol_paper_makes_a_split_leaky(make_run, file, old, new):
    folder = make_run()
    assert not read_run(folder).leaky
    edit(folder / "split-00" / file, old, new)
    assert read_run(folder).leaky
