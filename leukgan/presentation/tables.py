"""A table: a frame and the specs of its columns, written as HTML, Markdown, LaTeX and csv."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from tabulate import tabulate

from leukgan.presentation.formatting import LEAKY, STAMPS, UNVERIFIED

OURS = "this run"
STAMP_NOTES = {
    LEAKY: f"{LEAKY} (protocol=paper): the GAN had seen the test images, so these rows are no evidence of a gain.",
    UNVERIFIED: f"{UNVERIFIED} (generated.trained_on=unknown): nobody has said what the generator learned from; if it "
    "had seen test images, a gain is no evidence.",
}
LATEX = {
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "é": r"\'e",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "–": "--",
    "<": "$<$",
    "†": r"\dag{}",
}


@dataclass(frozen=True)
class Column:
    """How one column is made from a row of the frame."""

    label: str  # header
    keys: str | tuple[str, ...]  # the frame's columns that a cell is made from
    format: Callable[..., str] = str  # text of a cell, from the values of `keys`
    wanted: Callable[[pd.DataFrame], bool] = lambda frame: True  # whether a table of this frame shows the column

    def cell(self, row: Mapping[Hashable, Any]) -> str:
        """Text of this column in a row."""
        keys = (self.keys,) if isinstance(self.keys, str) else self.keys
        return self.format(*(row[key] for key in keys))


SOURCE = Column("Source", "source_label", wanted=lambda frame: bool((frame["source_label"] != OURS).any()))


@dataclass(frozen=True)
class Row:
    """A row as text: its group, such as a classifier, its look (ours, stamped or paper), and its cells."""

    group: str
    look: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table for readers, and the same numbers for machines."""

    name: str  # file name without ending
    title: str
    frame: pd.DataFrame  # a row for each line, those of a group together; its column `look` colours a row
    columns: tuple[Column, ...]  # what is shown of it, where wanted
    notes: tuple[str, ...]  # sentences below the table
    # The first column, whose equal cells join rows to a group; None: rows have no groups.
    grouped_by: Column | None = Column("Classifier", "title")
    written: Sequence[str] | None = None  # the frame's columns in the csv file; None: all but those of `stamp_rows`

    @property
    def rows(self) -> tuple[Row, ...]:
        shown = self._shown()
        return tuple(
            Row(
                self.grouped_by.cell(row) if self.grouped_by else "",
                row.get("look", "ours"),
                tuple(column.cell(row) for column in shown),
            )
            for row in self.frame.to_dict("records")
        )

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(column.label for column in self._shown())

    @property
    def numbers(self) -> pd.DataFrame:
        """Content of the csv file."""
        if self.written is None:
            return self.frame.drop(columns=["source_label", "look"], errors="ignore")
        return self.frame[[*self.written]]

    def csv(self) -> str:
        """The numbers with six digits."""
        return str(self.numbers.to_csv(index=False, float_format="%.6g", lineterminator="\n"))

    def markdown(self) -> str:
        """A pipe table between its title and its notes."""
        paragraphs = [f"**{self.title}**", self._body("pipe"), *map(_markdown, self.notes)]
        return "\n\n".join(paragraphs) + "\n"

    def latex(self) -> str:
        """A table for a document that loads booktabs and graphicx."""
        lines = [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex(self.title)}}}",
            r"\resizebox{\linewidth}{!}{%",
            _latex_symbols(self._body("latex_booktabs")) + "}",
            *(rf"\par\smallskip\raggedright\footnotesize {_latex(note)}" for note in self.notes),
            r"\end{table}",
        ]
        return "\n".join(lines) + "\n"

    def _shown(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.wanted(self.frame))

    def _body(self, tablefmt: str) -> str:
        """All rows, their group in the first column; tabulate escapes for LaTeX and not for Markdown."""
        escape = _markdown if tablefmt == "pipe" else str
        cells = [[escape(cell) for cell in (row.group, *row.cells)] for row in self.rows]
        first = self.grouped_by.label if self.grouped_by else ""
        return tabulate(cells, (first, *self.labels), tablefmt=tablefmt, disable_numparse=True)


def stamp_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of this run's rows with `source_label` and `look` by its column `protocol`, which gets its csv word."""
    stamps = frame["protocol"].map(STAMPS)
    return frame.assign(
        protocol=stamps.where(stamps != "", frame["protocol"]),
        source_label=[f"{OURS}, {stamp}" if stamp else OURS for stamp in stamps],
        look=["stamped" if stamp else "ours" for stamp in stamps],
    )


def _markdown(text: str) -> str:
    return re.sub(r"([|*]|<(?=[A-Za-z/!?]))", r"\\\1", text)


def _latex(text: str) -> str:
    return _latex_symbols(re.sub(r"([&%$#_{}])", r"\\\1", text))


def _latex_symbols(text: str) -> str:
    for symbol, command in LATEX.items():
        text = text.replace(symbol, command)
    return text
