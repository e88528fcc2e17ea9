"""check_data.py as a user runs it: a page, a csv, and exit code 1 with the reason where a study would be invalid."""

import pandas as pd
import pytest
from apps import TOY, refusal_of, run_app, write_tiffs
from PIL import Image

ARGUMENTS = (*(argument for argument in TOY if not argument.startswith("data.count")), "data=all_idb2", "name=mine")


@pytest.fixture
def cells(tmp_path):
    return write_tiffs(tmp_path / "cells", per_class=12)


def test_good_data_give_a_page_and_a_csv_of_the_same_bytes_each_time(tmp_path, cells, capsys):
    made = []
    for _ in range(2):
        assert run_app("check_data", tmp_path, *ARGUMENTS, f"data.root={cells}") == 0
        assert capsys.readouterr().out == "The result is in runs/mine/check/check.html\n"
        made.append([(tmp_path / "runs/mine/check" / name).read_bytes() for name in ("check.html", "images.csv")])
    assert made[0] == made[1]
    page = made[0][0].decode()
    assert "<strong>Yes" in page
    assert "The split would have" in page
    assert page.count('src="data:image/png;base64,') == 5  # two sheets, surroundings, two augmentations
    assert "http" not in page.replace("http-equiv", "")
    table = pd.read_csv(tmp_path / "runs/mine/check/images.csv")
    assert sorted(table["image"]) == sorted(path.name for path in cells.iterdir())


def test_bad_data_give_the_page_and_exit_code_1_with_the_reason(tmp_path, cells, capsys):
    path = sorted(cells.iterdir())[3]
    path.write_bytes(b"no image")
    assert run_app("check_data", tmp_path, *ARGUMENTS, f"data.root={cells}") == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines()[-1] == (
        f"error: a study of this data would be invalid: the file {path} is no image; replace or remove it; "
        "runs/mine/check/check.html shows it."
    )
    page = (tmp_path / "runs/mine/check/check.html").read_text()
    assert "No, not as they are:" in page
    assert "is no image; replace or remove it." in page


def test_a_study_and_the_check_refuse_alike(tmp_path, cells, capsys):
    first, second = sorted(cells.glob("*_0.tif"))[0], sorted(cells.glob("*_1.tif"))[0]
    Image.open(first).transpose(Image.Transpose.ROTATE_90).save(second)
    assert run_app("check_data", tmp_path, *ARGUMENTS, f"data.root={cells}") == 1
    reason = capsys.readouterr().err.splitlines()[-1]
    assert run_app("study", tmp_path, *ARGUMENTS, f"data.root={cells}") == 1
    refusal = capsys.readouterr().err.splitlines()[-1].removeprefix("error: ").rstrip(".")
    assert "show the same and have different labels" in refusal
    assert refusal in reason


def test_the_proposed_groups_are_read_back_by_a_study(tmp_path, cells):
    assert run_app("check_data", tmp_path, *ARGUMENTS, f"data.root={cells}") == 0
    table = "data.table=runs/mine/check/images.csv"
    arguments = (*ARGUMENTS, f"data.root={cells}", table, "data.group_columns=[proposed_group]", "class_name=healthy")
    assert run_app("train_gan", tmp_path, *arguments) == 0


def test_wrong_settings_are_refused_before_any_work(tmp_path, cells):
    assert "augmentation.gan must be" in refusal_of("check_data", tmp_path, *ARGUMENTS, "augmentation.gan=spin")
    assert "data.root=<folder>" in refusal_of("check_data", tmp_path, *ARGUMENTS)
