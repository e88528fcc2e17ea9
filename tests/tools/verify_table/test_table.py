import pytest

from leukgan.errors import InputError
from leukgan.report.paper import published
from leukgan.tools.verify_table.table import Cell, parse_table, read_table, shipped_tables

HEADER = "row,accuracy,precision,recall,f1,specificity\n"
LINE = "a,80,80,80,80,80\n"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("97.06", 0.97055, 0.97065),
        ("97.1", 0.9705, 0.9715),
        ("97.10", 0.97095, 0.97105),
        ("97", 0.965, 0.975),
    ],
)
def test_the_digits_tell_the_rounding(text, low, high):
    assert Cell(text).bounds == pytest.approx((low, high), abs=1e-10)


@pytest.mark.parametrize(
    ("text", "fits"),
    [("84.37", True), ("84.38", True), ("84", True)] + [(t, False) for t in ("84.36", "84.39", "84.3", "84.370")],
)
def test_a_tie_fits_the_numbers_on_both_sides_and_no_number_further_away(text, fits):
    low, high = Cell(text).bounds
    assert (low <= 54 / 64 <= high) is fits  # 84.375


def refused(text):
    with pytest.raises(InputError) as caught:
        parse_table(text, "table=mine.csv")
    message = str(caught.value)
    assert "table=mine.csv" in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(("name", "test_set"), [("study_table1", "generated"), ("study_table2", "real")])
def test_shipped_tables_are_those_of_the_report(name, test_set):
    assert name in shipped_tables()
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


@pytest.mark.parametrize("text", ["0", "7.50", "99.999", "100", "100.00"])
def test_signs_and_spaces_do_not_count(text):
    for dressed in (f" {text}", f"{text}%", f"{text} % "):
        (row,) = parse_table(HEADER + f"a,80,{dressed},,,\n", "table=mine.csv").rows
        assert row.cells["precision"] == Cell(text)


@pytest.mark.parametrize("cell", ["100.01", "-1", "nan", "97,06", "97.", ".5", "1e1", "%", "97 06", "97%%", "٩٧"])
def test_a_wrong_cell_is_named_by_row_and_column(cell):
    message = refused(HEADER + f'best model,80,80,"{cell}",80,80\n')
    assert "row 'best model': recall must be a percentage from 0 to 100" in message
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
