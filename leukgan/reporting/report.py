"""The one entry of the stage: read a run folder, write what there is to see."""

from __future__ import annotations

from pathlib import Path

from leukgan.reporting.answer import answer
from leukgan.reporting.comparison_table import tests_table
from leukgan.reporting.comparisons import compare
from leukgan.reporting.curves import curve_figures
from leukgan.reporting.page import render
from leukgan.reporting.panels import image_figures
from leukgan.reporting.results import read_run
from leukgan.reporting.score_tables import table1, table2
from leukgan.runs import write_atomic


def write_report(run_folder: Path) -> Path:
    """Write tables/, figures/ and report.html of a run folder; gives back report.html's path.

    Figures that an earlier report left and this one has no data for are removed.

    Raises:
        InputError: No split is finished, or the folder's files are missing or contradict each other.
    """
    run = read_run(run_folder)
    comparisons = compare(run)
    tables = {table.name: table for table in (table1(run), table2(run), tests_table(run, comparisons))}
    figures = [*curve_figures(run, comparisons), *image_figures(run)]
    page = render(run, answer(run, comparisons), tables, figures)
    for table in tables.values():
        for ending, text in (("csv", table.csv()), ("md", table.markdown()), ("tex", table.latex())):
            write_atomic(run_folder / "tables" / f"{table.name}.{ending}", text)
    for figure in figures:
        write_atomic(run_folder / "figures" / f"{figure.name}.png", figure.png)
        write_atomic(run_folder / "figures" / f"{figure.name}.pdf", figure.pdf)
    drawn = {figure.name for figure in figures}
    for path in (run_folder / "figures").glob("*.p[nd][gf]"):
        if path.stem not in drawn:
            path.unlink()
    write_atomic(run_folder / "report.html", page)
    return run_folder / "report.html"
