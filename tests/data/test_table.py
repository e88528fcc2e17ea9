"""Laws of the csv file that tells of each image: text stays text, and rows that agree in any column are together."""

import pandas as pd
import pytest

from leukgan.data.table import groups_in, read_table


@pytest.fixture
def write(tmp_path):
    def written(content):
        path = tmp_path / "cells.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return written


def test_rows_are_found_by_image_and_values_stay_text(write, tmp_path, monkeypatch):
    write("patient,image,label,note\n007,b.png,1.0,x\n,a.png,NA,y\n1e3,c.png,null,\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    table = read_table("~/cells.csv", "image", ["label", "patient"])
    assert list(table.index) == ["b.png", "a.png", "c.png"]
    assert table.to_dict("list") == {"label": ["1.0", "NA", "null"], "patient": ["007", "", "1e3"]}


def test_a_column_may_be_asked_for_twice_and_for_two_ends(write):
    path = write("image,label\na.png,healthy\nb.png,leukemia\n")
    table = read_table(path, "image", ["label", "image", "label"])
    assert table.to_dict("list") == {"label": ["healthy", "leukemia"], "image": ["a.png", "b.png"]}


def test_a_byte_order_mark_and_commas_within_quotes_are_no_concern(write):
    path = write('\N{BYTE ORDER MARK}image,label\r\n"a, b.png",healthy\r\n')
    assert read_table(path, "image", ["label"]).to_dict("index") == {"a, b.png": {"label": "healthy"}}


TABLE = "image,label,reader\na.png,healthy,Jörg\nb.png,leukemia,Zoë\n"


@pytest.mark.parametrize(
    "content",
    [
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        TABLE.replace(",", "|"),
        "sep=;\r\n" + TABLE.replace(",", ";"),
        TABLE.replace(",", "\t").encode("utf-16"),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("latin-1"),
        TABLE.replace(",", ", ").replace("\n", " \n"),
        TABLE.replace("\n", "\r\n") + ",,\r\n\r\n",
        TABLE.replace("\n", ",,\n"),
        TABLE.replace("\n", "\r"),
    ],
    ids=[
        "semicolons",
        "tabs",
        "bars",
        "sep",
        "UTF-16",
        "BOM",
        "Latin-1",
        "spaces",
        "empty rows",
        "trailing commas",
        "old Mac",
    ],
)
def test_a_table_reads_the_same_however_a_program_saves_it(write, content):
    expected = {"a.png": {"label": "healthy", "reader": "Jörg"}, "b.png": {"label": "leukemia", "reader": "Zoë"}}
    assert read_table(write(content), "image", ["label", "reader"]).to_dict("index") == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("file,label\na.png,healthy\n", "has no column 'image'; it has file, label."),
        ("image,class\na.png,healthy\n", "has no column 'label'; it has image, class."),
        ("file;label\na.png;healthy\n", "has no column 'image'; it has file, label."),
        ("image,label,label\na.png,healthy,x\n", "the name 'label' twice"),
        ("image,label\na.png,healthy\nb.png,healthy\na.png,leukemia\n", "names a.png twice; give each image one row."),
        ("", "can't be read as a csv file"),
        (None, "can't be read as a csv file"),  # a folder
        ("image,label\na.png,healthy\nb.png,healthy,more,than,that\n", "can't be read as a csv file"),
        ("image,label\na.png,healthy,x\n", "its rows have more values than its first line has names"),
        ('image,label\n"a.png,healthy\n', "can't be read as a csv file (line 2: "),
        (b"\xff\xfe\x00", "can't be read as a csv file"),
        (TABLE.encode("utf-16-le"), "it is no text, or in an encoding that its first bytes do not tell"),
        (TABLE.encode("utf-32"), "it is no text, or in an encoding that its first bytes do not tell"),
        (b"PK\x03\x04 and so on", "it is a workbook of Excel: save its sheet there as CSV UTF-8"),
    ],
)
def test_what_is_no_such_table_is_refused(write, tmp_path, sentence_of, content, words):
    path = write(content) if content is not None else str(tmp_path)
    message = sentence_of(lambda: read_table(path, "image", ["label"]))
    assert message.startswith(f"data.table={path} ")
    assert words in message


@pytest.mark.parametrize(
    ("columns", "groups"),
    [
        ({"patient": list("pqqrs"), "slide": list("11233")}, [0, 0, 0, 3, 3]),
        ({"patient": ["", "p", "", "p", ""], "slide": ["1", "2", "", "", "1"]}, [0, 1, 2, 1, 0]),
        ({"patient": ["7", "8", "9"], "slide": ["8", "9", "7"]}, [0, 1, 2]),  # of another column
        ({"patient": ["", "0", "1", ""]}, [0, 1, 2, 3]),  # a position is no value
        ({"patient": []}, []),
    ],
)
def test_rows_that_agree_in_any_column_but_for_empty_cells_are_together_and_so_on(columns, groups):
    made = groups_in(pd.DataFrame(columns, dtype=str))
    assert [made.index(group) for group in made] == groups


def test_no_columns_put_nothing_together():
    assert len(set(groups_in(pd.DataFrame(index=["a", "b"])))) == 2
