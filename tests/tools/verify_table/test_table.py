import pytest

from leukgan.errors import InputError
from leukgan.report.paper import published
from leukgan.tools.verify_table.table import read_table, shipped_tables, table_of

HEADER = "row,accuracy,precision,recall,f1,specificity\n"
LINE = "a,80,80,80,80,80\n"


def refused(text):
    with pytest.raises(InputError) as caught:
        table_of(text, "table=mine.csv")
    message = str(caught.value)
    assert "table=mine.csv" in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_the_published_tables_ship():
    assert shipped_tables() == ["study_table1", "study_table2"]


@pytest.mark.parametrize(("name", "test_set"), [("study_table1", "generated"), ("study_table2", "real")])
def test_shipped_tables_are_those_of_the_report(name, test_set):
    shipped = {row.name: {metric: cell.value for metric, cell in row.cells.items()} for row in read_table(name).rows}
    rows = {f"{key[1]}: {key[2]}": row.printed for key, row in published().items() if key[0] == test_set}
    assert shipped == rows
    assert list(shipped) == list(rows)
    assert all(cell.digits == 2 for row in read_table(name).rows for cell in row.cells.values())


def test_trailing_zeros_empty_cells_and_signs_are_read_as_printed(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("\ufeffRow, Accuracy ,n,precision,recall,f1,specificity\n\na,97.10%,,, 90 ,,\n b ,50,12,60.0,,,\n")
    table = read_table(str(path))
    assert table.n == 12
    assert [row.name for row in table.rows] == ["a", "b"]
    assert {metric: cell.text for metric, cell in table.rows[0].cells.items()} == {"accuracy": "97.10", "recall": "90"}
    assert {metric: cell.text for metric, cell in table.rows[1].cells.items()} == {
        "accuracy": "50",
        "precision": "60.0",
    }


def test_a_table_that_is_not_there_names_those_that_ship(tmp_path):
    for name in ("study_table3", str(tmp_path)):
        with pytest.raises(InputError, match=f"no table {name}; .*study_table1, study_table2"):
            read_table(name)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "table.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_table(str(tmp_path / "table.csv"))


@pytest.mark.parametrize("cell", ["101", "high", "97,5"])
def test_a_wrong_cell_is_named_by_row_and_column(cell):
    message = refused(HEADER + f'best model,80,80,"{cell}",80,80\n')
    assert "row 'best model': recall must be a percentage" in message
    assert repr(cell) in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column row"),
        ("row,accuracy,precision,recall,f1\n" + LINE, "no column specificity"),
        (HEADER.strip() + ",auc\n", "got 'auc'"),
        (HEADER.strip() + ",f1\n", "got 'f1'"),
        (HEADER, "no rows"),
        (HEADER + "a,97,06,80,80,80,80\n", "6 columns, and 7 in the line"),
        (HEADER + "a,80,80\n", "6 columns, and 3 in the line"),
        (HEADER + ",80,80,80,80,80\n", "without a name"),
        (HEADER + LINE + LINE, "two rows named 'a'"),
        (HEADER + "a,80,,,,\n", "row 'a' must print at least 2"),
        (HEADER + "a,0.8,0.75,0.9,1.0,0\n", "multiply its fractions by 100"),
        (HEADER.strip() + ",n\n" + LINE.strip() + ",52.5\n", "row 'a': n must be"),
        (HEADER.strip() + ",n\n" + LINE.strip() + ",1\n", "row 'a': n must be"),
        (HEADER.strip() + ",n\n" + LINE.strip() + ",9999999999999\n", "row 'a': n must be"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(text, words):
    assert words in refused(text)


def test_rows_of_two_test_sets_are_refused():
    message = refused(HEADER.strip() + ",n\na,80,80,80,80,80,52\nb,80,80,80,80,80,\nc,80,80,80,80,80,203\n")
    assert "52 in row 'a' and 203 in row 'c'" in message
