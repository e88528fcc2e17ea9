"""The key of a blind reader test and the readers' answers, read and checked."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.table import read_csv
from leukgan.errors import InputError
from leukgan.run_folder.paths import ReviewFolder

KEY = ("test", "item", "origin", "class", "image")
ANSWERS = ("test", "reader", "item", "origin", "class", "confidence", "seconds")
ORIGINS = ("real", "generated")


@dataclass(frozen=True)
class ReaderTest:
    """A blind reader test that somebody has answered."""

    key: pd.DataFrame  # a row for each image: item, from 1, origin, class and image, its name
    answers: dict[str, pd.DataFrame]  # by reader in alphabetical order, the rows of their file in the key's order
    folder: ReviewFolder

    def correct(self, question: str) -> NDArray[np.bool_]:
        """Whether each reader answered a question, origin or class, correctly for each image: (R, N)."""
        return np.stack([(rows[question] == self.key[question]).to_numpy() for rows in self.answers.values()])

    def codes(self, question: str) -> NDArray[np.int64]:
        """Each reader's answer for each image as its place among all answers in the order of the alphabet: (R, N)."""
        names = sorted(set(self.key[question]))
        return np.stack([rows[question].map(names.index).to_numpy(np.int64) for rows in self.answers.values()])


def read_reader_test(folder: ReviewFolder) -> ReaderTest | None:
    """The test of a run with all its answers; None if nobody has answered.

    Raises:
        InputError: A file is damaged, incomplete, or belongs to another test or to a reader who has answered already.
    """
    paths = folder.answers()
    if not paths:
        return None
    if not folder.key.is_file():
        raise InputError(f"{paths[0]} has no key.csv beside it; move it to the run that its page was made from.")

    key = _read(folder.key, KEY, "make the page again")
    answers: dict[str, pd.DataFrame] = {}
    owner: dict[str, Path] = {}
    for path in paths:
        rows = _read_answers(path, key)
        reader = rows["reader"].iloc[0]
        if reader in answers:
            raise InputError(f"{path} and {owner[reader].name} are both by reader {reader!r}; remove one of them.")
        answers[reader], owner[reader] = rows, path
    return ReaderTest(key, dict(sorted(answers.items())), folder)


def _read_answers(path: Path, key: pd.DataFrame) -> pd.DataFrame:
    """One reader's answers in the order of the key."""
    again = "ask for the file again"
    rows = _read(path, ANSWERS, again)
    if set(rows["test"]) != set(key["test"]):
        raise InputError(
            f"{path} answers another blind test (test {rows['test'].iloc[0]!r}) than that of this run "
            f"({key['test'].iloc[0]!r}); move it to its own run."
        )
    reader = rows["reader"].iloc[0]
    if rows["reader"].nunique() != 1 or not reader.strip() or not reader.isprintable():
        raise InputError(f"{path} must be by one reader with a name, got {sorted(set(rows['reader']))}; {again}.")
    if sorted(rows["item"]) != sorted(key["item"]):
        raise InputError(
            f"{path} answers {rows['item'].nunique()} images in {len(rows)} rows and the test has {len(key)}; {again}."
        )

    for column, known in (("origin", ORIGINS), ("class", sorted(set(key["class"]))), ("confidence", tuple("12345"))):
        for value in rows.loc[~rows[column].isin(known), column]:
            raise InputError(f"{path}: {column} must be {' or '.join(known)}, got {value!r}; {again}.")
    for value in rows.loc[~rows["seconds"].map(lambda text: bool(re.fullmatch(r"\d{1,7}(\.\d+)?", text))), "seconds"]:
        raise InputError(f"{path}: seconds must be a number from 0, got {value!r}; {again}.")
    ordered = rows.set_index("item").loc[key["item"]].reset_index()
    return ordered.astype({"confidence": int, "seconds": float})


def _read(path: Path, columns: tuple[str, ...], remedy: str) -> pd.DataFrame:
    """The rows of a csv file with these columns, as text."""
    try:
        rows = read_csv(path)[list(columns)]
    except (KeyError, ValueError, UnicodeError, OSError):
        raise InputError(f"{path} is no csv file with the columns {', '.join(columns)}; {remedy}.") from None
    if rows.empty:
        raise InputError(f"{path} has no row; {remedy}.")
    return rows
