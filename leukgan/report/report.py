"""The one entry of the stage: read a run folder, write its tables, figures and page."""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from leukgan.presentation.figures import Figure
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import Table
from leukgan.report.answers import read_reader_test
from leukgan.report.cells import cell_distances, cells_table, measurement_figures
from leukgan.report.checklist import checklist_table
from leukgan.report.classifier_curves import reliability_figures, roc_figures
from leukgan.report.comparison_table import metrics_table, tests_table
from leukgan.report.comparisons import compare
from leukgan.report.controls import controls_table, masked_evaluations, shortcut_warnings, steps_table
from leukgan.report.curves import (
    differences_figures,
    gan_losses_figures,
    loss_figures,
    spectra_figures,
    validation_distance_figures,
)
from leukgan.report.external import (
    describe_external,
    external_figure,
    external_table,
    external_values,
    shift_table,
)
from leukgan.report.further_metrics import further_table
from leukgan.report.headline import headline
from leukgan.report.image_figures import (
    augmented_image_figures,
    generated_grids,
    masks_figures,
    real_beside_generated,
    sample_figures,
)
from leukgan.report.leak import leak_table
from leukgan.report.memorisation import closest_pairs_figures, copy_alarms, copying_table
from leukgan.report.number_curves import (
    compare_numbers,
    compare_sizes,
    numbers_figures,
    numbers_table,
    sizes_figures,
    sizes_table,
)
from leukgan.report.page import group_warnings, render_report, training_warnings
from leukgan.report.quality_table import quality_table
from leukgan.report.reader_test import fooled_figures, reader_statement, reader_tables
from leukgan.report.reading import read_run
from leukgan.report.results import Run
from leukgan.report.score_tables import score_tables
from leukgan.run_folder.files import write_atomic
from leukgan.run_folder.lock import one_at_a_time
from leukgan.run_folder.paths import RunFolder
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
from leukgan.study.audit import audit
from leukgan.tracking.stages import CSVOnly, Entry, Tracking, stage_of

ALWAYS = ("table1", "table2", "tests")  # written also if the run has nothing for them, with a note that says so


def write_report(
    run_folder: Path, leaky: Path | None = None, tracking: Tracking | None = None, curve: Sequence[Path] = ()
) -> Path:
    """Write tables/, figures/ and report.html of a run folder; gives back report.html's path.

    Tables and figures that an earlier report left and this one has no data for are removed, and the unfinished files of
    a killed one.

    It shows beside the run what the leak was worth in a `leaky` one of protocol=paper on the same images, and the gain
    in those of a `curve`, which have other numbers of training images.

    Raises:
        InputError: No split is finished, or the folder's files are missing or contradict each other.
        LeakError: The chain of hashes of a split is broken or leads where its protocol forbids.
    """
    run, curve_runs = read_run(run_folder, leaky), [read_run(folder) for folder in curve]
    audits = {split.name: audit(split.folder.path) for split in run.splits}
    for split in (split for other in curve_runs for split in other.splits):
        audit(split.folder.path)

    # Tests and intervals, once for tables, figures and words.
    own, there = answer_on(run), {name: answer_on(run.on(name)) for name in run.external}
    by_size = compare_sizes([run, *curve_runs]) if curve else pd.DataFrame()
    values = external_values(run)
    evaluations = masked_evaluations(run)
    distances = cell_distances(run)
    readers = read_reader_test(RunFolder(run_folder).review)

    every = (
        *(*score_tables(run), *own.tables, steps_table(run)),
        *(quality_table(run), copying_table(run), cells_table(run, distances), controls_table(run, evaluations)),
        *(leak_table(run), checklist_table(run, audits)),
        *([sizes_table(run, by_size)] if len(by_size) else []),
        *(external_table(run, values), shift_table(run)),
        *(table for answer in there.values() for table in answer.tables),
        *(reader_tables(run, readers) if readers else ()),
    )
    tables = {table.name: table for table in every if table is not None}
    figures: dict[str, Iterable[Figure]] = {
        **own.figures,
        "sizes": sizes_figures(run, by_size) if len(by_size) else [],
        "spectra": spectra_figures(run),
        "copies": closest_pairs_figures(run),
        "masks": masks_figures(run),
        "cells": measurement_figures(run, distances),
        "beside": real_beside_generated(run),
        "loss": loss_figures(run),
        "grids": generated_grids(run),
        "gan": chain(gan_losses_figures(run), validation_distance_figures(run), sample_figures(run)),
        "augmentation": augmented_image_figures(run),
        "readers": fooled_figures(run, readers) if readers else [],
        "external": external_figure(run, values),
        **{section: drawn for answer in there.values() for section, drawn in answer.figures.items()},
    }
    sections = {section: list(drawn) for section, drawn in figures.items()}
    warnings = [*copy_alarms(run), *training_warnings(run), *shortcut_warnings(evaluations), *group_warnings(run)]
    told = reader_statement(readers) if readers else None
    elsewhere = [describe_external(run, name, values, answer.headline) for name, answer in there.items()]
    page = render_report(run, [own.headline, *elsewhere], warnings, tables, sections, audits, told)

    # Files are written once everything is known, so that a failure leaves the earlier report.
    folder, files = RunFolder(run_folder), dict[Path, str | bytes]()
    for table in (table for table in tables.values() if table.rows or table.name in ALWAYS):
        for ending, text in (("csv", table.csv()), ("md", table.markdown()), ("tex", table.latex())):
            files[folder.tables / f"{table.name}.{ending}"] = text
    drawn = [figure for section in sections.values() for figure in section]
    for figure in drawn:
        files |= figure.files(folder.figures)
    files[folder.report] = page

    with one_at_a_time(folder.lock):
        for path, content in files.items():
            write_atomic(path, content)
        unfinished = (*folder.path.glob(f".{folder.report.name}.*.part"), *folder.figures.glob(".*.part"))
        earlier = (*folder.figures.glob("*.p[nd][gf]"), *folder.tables.glob("*.*"))
        for path in {*unfinished, *earlier} - files.keys():
            path.unlink()

    _track(tracking or CSVOnly(), run, tables.values(), drawn, files)
    return folder.report


class Answer(NamedTuple):
    """What a report says of a test set."""

    tables: list[Table | None]
    figures: dict[str, list[Figure]]  # by section
    headline: Statement


def answer_on(run: Run) -> Answer:
    """The tests, which are a family of comparisons, with their tables and figures, and the answer in one sentence."""
    comparisons, by_number = compare(run), compare_numbers(run)
    by_metric = compare(run, [metric for metric in CLASSIFIER_METRICS if metric != run.primary])
    return Answer(
        tables=[
            tests_table(run, comparisons),
            metrics_table(run, by_metric),
            further_table(run),
            numbers_table(run, by_number),
        ],
        figures={
            f"differences{run.suffix}": [*differences_figures(run, comparisons)],
            f"numbers{run.suffix}": [*numbers_figures(run, by_number)],
            f"roc{run.suffix}": [*roc_figures(run), *reliability_figures(run)],
        },
        headline=headline(run, comparisons),
    )


def _track(
    tracking: Tracking, run: Run, tables: Iterable[Table], figures: Iterable[Figure], files: Iterable[Path]
) -> None:
    first, folder = run.splits[0], RunFolder(run.folder)
    study = str(first.config.get("name", run.folder.name))
    with tracking.run(run.folder, stage_of(study, "report", "report", first.config, first.provenance)) as tracked:
        entry = Entry(
            tables={table.name: table.numbers for table in tables if not table.numbers.empty},
            pictures={figure.name: folder.figures / f"{figure.name}.png" for figure in figures},
            pages={"report": folder.report},
        )
        tracked.log(entry)
        tracked.keep("report", {path.relative_to(run.folder).as_posix(): path for path in files})
