"""check_data.py as a user runs it: a page, a csv, and exit code 1 with the reason where a study would be invalid."""

import pandas as pd
import pytest
from apps import TOY, refusal_of, run_app, write_tiffs

from leukgan.study import SplitStudy

ARGUMENTS = (*(argument for argument in TOY if not argument.startswith("data.count")), "data=all_idb2", "name=mine")


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A folder with good data in `cells`, and their check."""
    folder = tmp_path_factory.mktemp("checked")
    write_tiffs(folder / "cells")
    assert run_app("check_data", folder, *ARGUMENTS, "data.root=cells") == 0
    return folder


def test_good_data_give_a_page_and_a_csv_of_the_same_bytes_each_time(checked, capsys):
    files = [checked / "runs/mine/check" / name for name in ("check.html", "images.csv")]
    before = [path.read_bytes() for path in files]
    assert run_app("check_data", checked, *ARGUMENTS, "data.root=cells") == 0
    assert capsys.readouterr().out == "The result is in runs/mine/check/check.html\n"
    assert [path.read_bytes() for path in files] == before
    page = before[0].decode()
    assert "<strong>Yes" in page
    assert "The split would have" in page
    assert page.count('src="data:image/png;base64,') == 5  # two sheets, surroundings, two augmentations
    assert "http" not in page.replace("http-equiv", "")
    table = pd.read_csv(files[1])
    assert sorted(table["image"]) == sorted(path.name for path in (checked / "cells").iterdir())


def test_bad_data_give_the_page_and_exit_code_1_with_the_reason(tmp_path, capsys):
    cells = write_tiffs(tmp_path / "cells")
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


def test_the_proposed_groups_are_read_back_by_a_study(checked, monkeypatch):
    monkeypatch.setattr(SplitStudy, "train_gans", lambda *_, **__: None)
    given = ("data.root=cells", "data.table=runs/mine/check/images.csv", "data.group_columns=[proposed_group]")
    assert run_app("train_gan", checked, *ARGUMENTS, *given) == 0


def test_wrong_settings_are_refused_before_any_work(tmp_path):
    assert "augmentation.gan must be" in refusal_of("check_data", tmp_path, *ARGUMENTS, "augmentation.gan=spin")
    assert "data.root=<folder>" in refusal_of("check_data", tmp_path, *ARGUMENTS)
