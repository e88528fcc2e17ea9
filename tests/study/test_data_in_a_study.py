"""Data sources through the real apps: a planted shortcut, patients, and a test part that the data brings."""

import json
import re

import pandas as pd
from apps import TOY, run_app, write_bloodmnist, write_class_folders

from leukgan.study import SplitStudy

QUICK = (
    *(argument for argument in TOY if not argument.startswith("data.count")),
    *("generator_steps=2", "checkpoint_every=2", "quality.track_every=0", "generation.per_class=4"),
    *("classifiers=[svm]", "name=mine"),
)


def warnings_of(page):
    """The titles of a page's warnings."""
    return re.findall(r'<p class="warning"><strong>(.*?):</strong>', page)


def test_check_and_report_raise_a_planted_shortcut(tmp_path):
    arguments = (*QUICK, "data.count=160", "data.bluish=0.5", "data.shortcut=0.8", "training_sets=[real]")
    assert run_app("check_data", tmp_path, *arguments) == 0
    assert run_app("study", tmp_path, *arguments) == 0
    for page, title in (("check/check.html", "The class shows beside the cell"), ("report.html", "Shortcut")):
        assert title in warnings_of((tmp_path / "runs/mine" / page).read_text())


def test_planted_copies_are_told_and_stay_together(tmp_path, monkeypatch):
    monkeypatch.setattr(SplitStudy, "train_gans", lambda *_, **__: None)
    arguments = (*QUICK, "data.count=80", "data.duplicates=0.1", "training_sets=[real]")
    assert run_app("check_data", tmp_path, *arguments) == 0
    assert "Images that show the same" in warnings_of((tmp_path / "runs/mine/check/check.html").read_text())
    table = pd.read_csv(tmp_path / "runs/mine/check/images.csv", keep_default_na=False)
    assert (table["repeats"] != "").sum() > 3
    assert run_app("train_gan", tmp_path, *arguments) == 0
    parts = json.loads((tmp_path / "runs/mine/split-00/split.json").read_text())
    part_of = {entry["image"]: part for part, entries in parts.items() for entry in entries}
    for image, other in zip(table["image"], table["repeats"], strict=True):
        assert not other or part_of[image] == part_of[other]


def test_a_study_of_patients_says_that_its_tests_are_too_sure(tmp_path):
    folder = write_class_folders(tmp_path / "cells", per_class=24)
    images = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    rows = [{"image": image, "label": image.split("/")[0], "patient": i // 4} for i, image in enumerate(images)]
    pd.DataFrame(rows).to_csv(folder / "patients.csv", index=False)
    arguments = (*QUICK, "data=folder", f"data.table={folder / 'patients.csv'}", "data.group_columns=[patient]")
    arguments += ("data.classes=[healthy,leukemia]", "split.test_fraction=0.34", "training_sets=[real,real+gen]")
    assert run_app("study", tmp_path, *arguments) == 0
    warnings = warnings_of((tmp_path / "runs/mine/report.html").read_text())
    assert "Groups" in warnings
    assert "Shortcut" not in warnings
    parts = json.loads((tmp_path / "runs/mine/split-00/split.json").read_text())
    groups = [{entry["group"] for entry in parts[part]} for part in ("train", "validation", "test")]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 12


def test_a_test_part_that_the_data_brings_is_every_split_s_and_crossed_with_the_training_sets(tmp_path):
    folder = write_bloodmnist(tmp_path / "medmnist", per_class=12)
    arguments = (*QUICK, "data=bloodmnist", f"data.root={folder}", "split.train_per_class=4", "split.count=2")
    assert run_app("study", tmp_path, *arguments, "training_sets=[real,real+gen]") == 0
    splits = [json.loads((tmp_path / f"runs/mine/split-0{k}/split.json").read_text()) for k in (0, 1)]
    assert splits[0]["test"] == splits[1]["test"]
    assert len(splits[0]["test"]) == 24
    trained = [{entry["image"] for entry in split["train"]} for split in splits]
    assert [len(images) for images in trained] == [8, 8]
    assert trained[0].isdisjoint(trained[1])
    page = (tmp_path / "runs/mine/report.html").read_text()
    assert "2 training sets that share no image, one set of 24 test images" in page
    assert "BloodMNIST" in page
