"""The one entry of the stage: read a run folder, write what there is to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from leukgan.presentation.figures import Figure
from leukgan.presentation.tables import Table
from leukgan.report.cells_table import cell_distances, cells_table
from leukgan.report.comparison_table import metrics_table, tests_table
from leukgan.report.comparisons import compare
from leukgan.report.controls import controls_table, masked_evaluations, shortcut_warnings
from leukgan.report.curves import curve_figures
from leukgan.report.headline import headline
from leukgan.report.image_figures import augmented_image_figures, image_figures
from leukgan.report.leak import leak_table
from leukgan.report.masks_figure import masks_figures
from leukgan.report.measurement_figures import measurement_figures
from leukgan.report.memorisation_figures import closest_pairs_figures
from leukgan.report.memorisation_table import copy_alarms, copying_table
from leukgan.report.page import group_warnings, render_report
from leukgan.report.quality_table import quality_table
from leukgan.report.reading import read_run
from leukgan.report.results import Run
from leukgan.report.score_tables import table1, table2
from leukgan.report.steps_table import steps_table
from leukgan.run_folder.files import write_atomic
from leukgan.run_folder.paths import RunFolder
from leukgan.statistics.confusion_matrix import METRICS
from leukgan.study.audit import audit
from leukgan.tracking.stages import CSVOnly, Entry, Tracking, stage_of

ALWAYS = ("table1", "table2", "tests")  # written also where the run has nothing for them, with a note that says so


def write_report(run_folder: Path, leaky: Path | None = None, tracking: Tracking | None = None) -> Path:
    """Write tables/, figures/ and report.html of a run folder; gives back report.html's path.

    Tables and figures that an earlier report left and this one has no data for are removed.

    Args:
        run_folder: The run folder.
        leaky: Another run's of protocol=paper, to show beside this one what the leak was worth.
        tracking: Gets the tables' numbers, the figures and the page too.

    Raises:
        InputError: No split is finished, or the folder's files are missing or contradict each other.
        LeakError: The chain of hashes of a split is broken or leads where its protocol forbids.
    """
    run = read_run(run_folder, leaky)
    audits = {split.name: audit(split.folder) for split in run.splits}

    # Tests and intervals, once for tables, figures and words.
    comparisons = compare(run)
    by_metric = [comparison for metric in METRICS[1:] for comparison in compare(run, metric)]
    evaluations = masked_evaluations(run)
    distances = cell_distances(run)

    every = (
        *(table1(run), table2(run), tests_table(run, comparisons), metrics_table(run, by_metric), steps_table(run)),
        *(quality_table(run), copying_table(run), cells_table(run, distances), controls_table(run, evaluations)),
        leak_table(run),
    )
    tables = {table.name: table for table in every if table is not None}
    figures = [
        *curve_figures(run, comparisons),
        *image_figures(run),
        *closest_pairs_figures(run),
        *masks_figures(run),
        *measurement_figures(run, distances),
        *augmented_image_figures(run),
    ]
    warnings = [*copy_alarms(run), *shortcut_warnings(evaluations), *group_warnings(run)]
    page = render_report(run, headline(run, comparisons), warnings, tables, figures, audits)

    # Files are written once everything is known, so that a failure leaves the report of before.
    files: dict[str, str | bytes] = {}
    for table in (table for table in tables.values() if table.rows or table.name in ALWAYS):
        for ending, text in (("csv", table.csv()), ("md", table.markdown()), ("tex", table.latex())):
            files[f"tables/{table.name}.{ending}"] = text
    for figure in figures:
        files |= {f"figures/{figure.name}.png": figure.png, f"figures/{figure.name}.pdf": figure.pdf}

    for name, content in files.items():
        write_atomic(run_folder / name, content)
    for path in (*run_folder.glob("figures/*.p[nd][gf]"), *run_folder.glob("tables/*.*")):
        if f"{path.parent.name}/{path.name}" not in files:
            path.unlink()
    page_path = RunFolder(run_folder).report
    write_atomic(page_path, page)

    track(tracking or CSVOnly(), run, tables, figures, [page_path.name, *files])
    return page_path


def track(
    tracking: Tracking, run: Run, tables: Mapping[str, Table], figures: Sequence[Figure], files: Sequence[str]
) -> None:
    """Tell a tracker what a report says; the files are below the run folder."""
    first, folder = run.splits[0], run.folder
    study = str(first.config.get("name", folder.name))
    with tracking.run(folder, stage_of(study, "report", "report", first.config, first.provenance)) as tracked:
        entry = Entry(
            tables={name: table.numbers for name, table in tables.items() if not table.numbers.empty},
            pictures={figure.name: RunFolder(folder).figures / f"{figure.name}.png" for figure in figures},
            pages={"report": RunFolder(folder).report},
        )
        tracked.log(entry)
        tracked.keep("report", {name: folder / name for name in files})
