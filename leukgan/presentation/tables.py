"""A table of the report: its words for the page, Markdown and LaTeX, and its numbers for csv."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd
from tabulate import tabulate

from leukgan.presentation.formatting import LEAKY

OURS = "this run"
LEAKY_NOTE = f"{LEAKY} (protocol=paper): the GAN had seen the test images, so these rows are no evidence of a gain."
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
class Row:
    """One line: its group, such as a classifier, whose numbers it has (ours, leaky or paper), and its words."""

    group: str
    kind: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes:
        name: File name without ending.
        title: Caption.
        columns: Headers of the cells.
        rows: Lines in order, those of a group together.
        notes: Sentences below the table.
        numbers: The same, not rounded for reading.
        grouped_by: Header of the first column, which names the lines' groups.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    numbers: pd.DataFrame
    grouped_by: str = "Classifier"

    def csv(self) -> str:
        """The numbers with six digits."""
        return str(self.numbers.to_csv(index=False, float_format="%.6g", lineterminator="\n"))

    def markdown(self) -> str:
        """The words as a pipe table with title and notes."""
        paragraphs = [f"**{self.title}**", self._body("pipe"), *self.notes]
        return "\n\n".join(_markdown(text) if text in self.notes else text for text in paragraphs) + "\n"

    def latex(self) -> str:
        """The words as a table, for a document that loads booktabs and graphicx."""
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

    def _body(self, tablefmt: str) -> str:
        """All lines, their group in the first column; tabulate escapes for LaTeX and not for Markdown."""
        escape = _markdown if tablefmt == "pipe" else str
        cells = [[escape(cell) for cell in (row.group, *row.cells)] for row in self.rows]
        return tabulate(cells, (self.grouped_by, *self.columns), tablefmt=tablefmt, disable_numparse=True)


def source_label(leaky: bool) -> str:
    """Whose numbers a line of ours has."""
    return f"{OURS}, {LEAKY}" if leaky else OURS


def _markdown(text: str) -> str:
    return re.sub(r"([|*])", r"\\\1", text)


def _latex(text: str) -> str:
    return _latex_symbols(re.sub(r"([&%$#_{}])", r"\\\1", text))


def _latex_symbols(text: str) -> str:
    for symbol, command in LATEX.items():
        text = text.replace(symbol, command)
    return text
