"""verify_table.py as a user runs it."""

import pandas as pd
import pytest
from apps import refusal_of, run_app

COLUMNS = [
    "row",
    "n",
    "tp",
    "fn",
    "tn",
    "fp",
    "verdict",
    "wrong_cell",
    "printed",
    "corrected",
    "slip",
    "columns",
    "chance",
]
ROW = (27, 1, 20, 4)


def test_table_1_is_all_exact(tmp_path, capsys):
    assert run_app("verify_table", tmp_path, "table=study_table1", "max_n=450") == 0
    shown = capsys.readouterr().out
    assert "n = 203: 102 positive, 101 negative. Of 6 rows 6 fit exactly" in shown
    assert "Unique up to multiples: of up to 450 images only those with n = 406 fit as well." in shown
    assert "The result is in" not in shown
    assert not list(tmp_path.iterdir())


def test_table_2_has_its_three_typing_errors(tmp_path, capsys):
    assert run_app("verify_table", tmp_path, "table=study_table2", "max_n=200", "output=here/matrices.csv") == 0
    shown = capsys.readouterr().out
    for words in (
        "n = 52: 28 positive, 24 negative. Of 12 rows 9 fit exactly, 3 but for one cell, and 0 not at all.",
        "recall 87.14 should be 82.14 (one digit)",
        "specificity 79.71 should be 79.17 (two digits swapped)",
        "precision 74.41 should be 79.41 (one digit)",
    ):
        assert words in shown
    assert shown.endswith("The result is in here/matrices.csv\n")
    table = pd.read_csv(tmp_path / "here" / "matrices.csv", dtype=str, keep_default_na=False)
    assert list(table.columns) == COLUMNS
    assert set(table["n"]) == {"52"}
    wrong = table[table["verdict"] == "one_wrong_cell"]
    assert set(wrong["columns"]) == {"as printed"}
    assert set(wrong["slip"]) == {"one digit", "two digits swapped"}
    assert (wrong["chance"].astype(float) < 1e-6).all()
    assert wrong[["row", *COLUMNS[2:10]]].to_numpy().tolist() == [
        ["logistic_regression: real+aug", "23", "5", "19", "5", "one_wrong_cell", "recall", "87.14", "82.14"],
        ["logistic_regression: real+aug+gen", "24", "4", "19", "5", "one_wrong_cell", "specificity", "79.71", "79.17"],
        ["svm: real+aug+gen", "27", "1", "17", "7", "one_wrong_cell", "precision", "74.41", "79.41"],
    ]
    exact = table[table["verdict"] == "exact"]
    assert len(exact) == 9
    assert (exact[["wrong_cell", "printed", "corrected"]] == "").all(axis=None)


def test_an_own_table_gives_a_line_for_each_matrix_and_impossible_row(tmp_path, prints, written, capsys):
    rows = [{"accuracy": "90", "recall": "96"}, {**prints(*ROW), "recall": "12.34", "f1": "43.21"}]
    (tmp_path / "mine.csv").write_text(written(*rows, n=520))
    assert run_app("verify_table", tmp_path, "table=mine.csv", "output=matrices.csv") == 0
    shown = capsys.readouterr().out
    table = pd.read_csv(tmp_path / "matrices.csv", dtype=str, keep_default_na=False)
    several = table[table["row"] == "a"]
    assert len(several) > 1
    exact = int((several["verdict"] == "exact").sum())
    assert set(several["verdict"]) == {"exact", "own_test_set"}
    assert f"a: {len(several)} different matrices: {exact} that fit, " in shown
    assert "NOT UNIQUE" in shown
    assert table[table["row"] == "b"].to_numpy().tolist() == [["b", "520", *[""] * 4, "impossible", *[""] * 6]]


def test_a_table_that_nothing_fits_is_said(tmp_path, written, capsys):
    row = {"accuracy": "10.00", "precision": "99.00", "recall": "98.00", "f1": "50.00", "specificity": "97.00"}
    (tmp_path / "mine.csv").write_text(written(row))
    assert run_app("verify_table", tmp_path, "table=mine.csv", "max_n=60") == 0
    shown = capsys.readouterr().out
    assert "No test set of up to 60 images fits any row." in shown
    assert "impossible" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("table=nowhere.csv",), "no table nowhere.csv; give a csv file, or one that ships with leukgan: study_table1"),
        (("table=mine.csv", "output=mine.csv"), "is the table itself"),
        (("table=mine.csv", "output=other/../mine.csv"), "is the table itself"),
        (("table=mine.csv", "output=link.csv"), "is the table itself"),
        (("table=mine.csv", "output=."), "must be a file"),
        (("tabel=mine.csv",), "there is no setting 'tabel'"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(arguments, words, tmp_path, prints, written):
    (tmp_path / "mine.csv").write_text(written(prints(*ROW)))
    (tmp_path / "link.csv").hardlink_to(tmp_path / "mine.csv")
    assert words in refusal_of("verify_table", tmp_path, *arguments)
