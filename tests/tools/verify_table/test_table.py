import pytest

from leukgan.errors import InputError
from leukgan.report.paper import published
from leukgan.tools.verify_table.parsing import parse_table, read_table, shipped_tables
from leukgan.tools.verify_table.table import Cell

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
    assert [row.n for row in table.rows] == [12, 12]
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


@pytest.mark.parametrize("cell", ["100.01", "-1", "nan", "9,7,06", "97.", ".5", "1e1", "%", "97 06", "97%%", "٩٧"])
def test_a_wrong_cell_is_named_by_row_and_column(cell):
    message = refused(HEADER + f'best model,80,80,"{cell}",80,80\n')
    assert "row 'best model': recall must be a percentage from 0 to 100" in message
    assert repr(cell) in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column row"),
        ("row,accuracy\na,80\n", "at least 2 of the columns"),
        (HEADER.strip() + ",time\n", "a column 'time', which has no single meaning"),
        (HEADER.strip() + ",f1\n", "got 'f1' twice"),
        (HEADER.strip() + ",sensitivity\n", "got 'recall' twice"),
        ("row,accuracy,recall/npv\na,80,80\n", "a column 'recall/npv', which has no single meaning"),
        (HEADER, "no rows"),
        (HEADER + "a,97,06,80,80,80,80\n", "6 columns, and 7 in the line"),
        (HEADER + "a,80,80\n", "6 columns, and 3 in the line"),
        (HEADER + ",80,80,80,80,80\n", "without a name"),
        (HEADER + LINE + LINE, "two rows named 'a'"),
        (HEADER + "a,80,,,,\n", "row 'a' must print at least 2"),
        (HEADER + "a,1,1,1,1,0\n", "no number but 0 and 1; write 100 for a whole"),
        (HEADER + "a,80,80,91.2 ± 1.3,80,80\n", "recall must be one number, got '91.2 ± 1.3'"),
        (HEADER + "a,80,80,91.2 (88.1-93.0),80,80\n", "write it without its spread or interval"),
        (HEADER.strip() + ",n\n" + LINE.strip() + ",52.5\n", "row 'a': n must be"),
        (HEADER.strip() + ",n\n" + LINE.strip() + ",1\n", "row 'a': n must be"),
        (HEADER.strip() + ",n\n" + LINE.strip() + ",9999999999999\n", "row 'a': n must be"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(text, words):
    assert words in refused(text)


def test_rows_of_different_n_must_all_print_it():
    header = HEADER.strip() + ",n\na,80,80,80,80,80,52\nc,80,80,80,80,80,203\n"
    assert [row.n for row in parse_table(header, "t").rows] == [52, 203]
    assert "none in row 'd'" in refused(header + "d,80,80,80,80,80,\n")


WRITTEN = "row,accuracy,recall,specificity,n\na,85.5,90.9,84.1,55\nb,100,80.0,87.5,55\n"


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN.replace(",", ";"),
        WRITTEN.replace(",", "\t"),
        WRITTEN.replace(",", ";").replace(".", ","),
        WRITTEN.replace(",", "\t").replace(".", ","),
        WRITTEN.replace("85.5", '"85,5"').replace("80.0", '"80,0 %"'),
        WRITTEN.replace("row,accuracy,recall,specificity,n", "Model,Accuracy (%),Sensitivity [%],True negative rate,N"),
        WRITTEN.replace("row,accuracy,recall,specificity,n", ",Acc,Recall/Sensitivity,Specificity (TNR),images"),
        WRITTEN.replace("row,accuracy,recall,specificity,n", "Feature set,ACC,Sens,Spec,Test images"),
        WRITTEN.replace("recall,specificity,n", "recall,specificity,n,auc").replace("55\n", "55,–\n"),
        WRITTEN.replace("84.1", "84.1%"),
    ],
)
def test_a_table_with_one_meaning_is_read_however_it_is_written(text):
    assert parse_table(text, "t") == parse_table(WRITTEN, "t")


def test_optional_columns_are_read():
    header = "row,accuracy,recall,NPV,balanced accuracy,AUROC,MCC,Cohen's kappa\n"
    (row,) = parse_table(header + "a,80,85.1,90,83.0,0.830,-0.25,0.6\n", "t").rows
    cells = {metric: (round(cell.value / cell.of, 9), round(cell.unit, 9)) for metric, cell in row.cells.items()}
    assert cells == {
        "accuracy": (0.8, 0.01),
        "recall": (0.851, 0.001),
        "npv": (0.9, 0.01),
        "balanced_accuracy": (0.83, 0.001),
        "auc": (0.83, 0.001),
        "mcc": (-0.25, 0.01),
        "kappa": (0.6, 0.1),
    }


def test_fractions_are_read_as_sharp_as_they_are_printed():
    (row,) = parse_table(HEADER + "a,0.8,0.75,0.9124,1,0\n", "t").rows
    assert {metric: cell.bounds for metric, cell in row.cells.items()} == {
        "accuracy": pytest.approx((0.75, 0.85)),
        "precision": pytest.approx((0.745, 0.755)),
        "recall": pytest.approx((0.91235, 0.91245)),
        "f1": pytest.approx((0.995, 1.005)),
        "specificity": pytest.approx((-0.005, 0.005)),
    }


def test_a_column_of_fractions_among_percentages_is_said_to_be_one():
    table = parse_table("row,accuracy,recall,f1\na,80.0,81.0,0.805\nb,90.0,70.0,0.795\n", "t")
    assert table.rows[0].cells["f1"] == Cell("0.805", of=1)
    assert table.rows[0].cells["recall"] == Cell("81.0")
    assert table.notes == ("Read as fractions, not percentages: f1.",)


@pytest.mark.parametrize(
    ("fraction", "text"), [(30 / 31, "96"), (0.9699, "96"), (0.96, "96"), (0.9767, "97.6"), (0.5, "50.00")]
)
def test_a_truncated_number_stands_for_all_up_to_the_next(fraction, text):
    low, high = Cell(text, rounding="truncated").bounds
    assert low <= fraction <= high
    unit = Cell(text).unit
    assert not low <= fraction - unit <= high
    assert not low <= fraction + unit <= high
