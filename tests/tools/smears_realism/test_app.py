"""compare_smears.py as a user runs it."""

import pandas as pd
import pytest
from apps import refusal_of, run_app, write_class_folders, write_tiffs

FILES = {"smears.csv", "smears.pdf", "smears.png"}


def test_a_folder_of_smears_is_set_beside_smears(tmp_path, capsys):
    write_tiffs(tmp_path / "cells")
    chosen = ("data.root=cells", "data.image_size=32", "repeats=2", "name=toy")
    assert run_app("compare_smears", tmp_path, *chosen) == 0
    shown = capsys.readouterr().out
    assert shown.endswith("The result is in runs/toy/smears/smears.png\n")
    folder = tmp_path / "runs" / "toy" / "smears"
    assert {path.name for path in folder.iterdir()} == FILES
    table = pd.read_csv(folder / "smears.csv")
    assert table["rendered"].unique().tolist() == ["default mix", "small lymphocyte and monocyte"]
    assert (table.loc[table["measure"] == "accuracy", ["n_real", "n_rendered"]] == 24).all(axis=None)
    first = (folder / "smears.csv").read_bytes()
    assert run_app("compare_smears", tmp_path, *chosen) == 0
    assert (folder / "smears.csv").read_bytes() == first


def test_folders_of_classes_are_real_images_too_and_their_number_may_be_odd(tmp_path, capsys):
    write_class_folders(tmp_path / "cells", per_class=6)
    next((tmp_path / "cells" / "healthy").iterdir()).unlink()
    arguments = (
        "data=folder",
        "data.root=cells",
        "data.classes=[healthy,leukemia]",
        "data.image_size=32",
        "subtypes=[neutrophil]",
        "repeats=1",
    )
    assert run_app("compare_smears", tmp_path, *arguments) == 0
    table = pd.read_csv(tmp_path / "runs" / "beside_real" / "smears" / "smears.csv")
    assert set(table["rendered"]) == {"default mix", "neutrophil"}
    assert set(table.loc[table["measure"] == "red", "n_rendered"]) == {11}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "data=all_idb2 needs the folder with its images"),
        (("data=smears",), "data=smears is rendered; give a folder of real images"),
        (("data.root=cells", "repeats=0"), "repeats must be at least 1, got 0"),
        (("data.root=cells", "subtypes=[basophil]"), "data.subtypes must be different ones of"),
        (("data.root=cells", "data.image_size=32", "repeat=1"), "there is no setting"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(arguments, words, tmp_path):
    write_tiffs(tmp_path / "cells", per_class=3)
    assert words in refusal_of("compare_smears", tmp_path, *arguments)
