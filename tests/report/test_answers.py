"""Laws of reading answers: whole files of this test and one a reader, or a sentence."""

import re

import pandas as pd
import pytest

from leukgan.errors import InputError
from leukgan.report.answers import read_reader_test
from leukgan.run_folder.paths import ReviewFolder


@pytest.fixture
def review(tmp_path):
    """A folder with the key of a test of 24 images."""
    rows = [
        ("ab" * 6, i, ("real", "generated")[i % 2], ("healthy", "leukemia")[i % 3 == 0], f"{i}") for i in range(1, 25)
    ]
    key = pd.DataFrame(rows, columns=["test", "item", "origin", "class", "image"])
    key.to_csv(tmp_path / "key.csv", index=False)
    return tmp_path


def write_answers(review, name="answers.csv", **changes):
    """A file that answers everything truthfully but for some columns."""
    key = pd.read_csv(review / "key.csv", dtype=str)
    rows = key[["test", "item", "origin", "class"]].assign(reader="R", confidence="3", seconds="1.5").assign(**changes)
    rows[["test", "reader", "item", "origin", "class", "confidence", "seconds"]].to_csv(review / name, index=False)
    return review / name


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: text[: len(text) // 2], "answers "),
        (
            lambda text: "\n".join(text.split("\n")[:5]),
            "answers 4 images in 4 rows and the test has 24; ask for the file",
        ),
        (lambda text: text + text.split("\n")[1] + "\n", "answers 24 images in 25 rows"),
        (lambda text: text.replace("healthy", "monkey"), "class must be healthy or leukemia, got 'monkey'"),
        (lambda text: text.replace("generated", "fake"), "origin must be real or generated, got 'fake'"),
        (lambda text: text.replace(",3,1.5", ",9,1.5"), "confidence must be 1 or 2 or 3 or 4 or 5, got '9'"),
        (lambda text: text.replace("1.5", "nan"), "seconds must be a number from 0, got 'nan'"),
        (lambda text: text.replace("R,1,", "Q,1,"), "must be by one reader with a name, got ['Q', 'R']"),
        (lambda text: text.replace(",R,", ",,"), "must be by one reader with a name, got ['']"),
        (
            lambda text: re.sub(r"^\w{12}", "0" * 12, text, flags=re.M),
            "answers another blind test (test '000000000000')",
        ),
        (lambda text: text.replace("test,", "text,"), "is no csv file with the columns test, reader, item"),
        (lambda text: "PK\x03\x04 \0 \0", "is no csv file with the columns"),
        (lambda text: "", "is no csv file with the columns"),
        (lambda text: text.split("\n")[0] + "\n", "has no row"),
    ],
)
def test_damaged_partial_and_foreign_answers_are_a_sentence(review, edit, said):
    path = write_answers(review)
    path.write_text(edit(path.read_text()))
    with pytest.raises(InputError) as refusal:
        read_reader_test(ReviewFolder(review))
    assert said in str(refusal.value)
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)


def test_answers_in_any_order_are_read_in_the_order_of_the_key(review):
    path = write_answers(review)
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n")
    write_answers(review, "answers (1).csv", reader="<b>, B")
    test = read_reader_test(ReviewFolder(review))
    assert list(test.answers) == ["<b>, B", "R"]
    assert test.correct("origin").all()
    assert test.correct("class").shape == (2, 24)


def test_nobody_or_one_reader_twice(review):
    assert read_reader_test(ReviewFolder(review)) is None
    write_answers(review, "answers-1.csv")
    write_answers(review, "answers-2.csv")
    with pytest.raises(InputError, match=r"answers-2.csv and answers-1.csv are both by reader 'R'"):
        read_reader_test(ReviewFolder(review))
    (review / "key.csv").unlink()
    with pytest.raises(InputError, match=r"has no key\.csv beside it"):
        read_reader_test(ReviewFolder(review))
