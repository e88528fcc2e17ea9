"""What a report says of a test set, the study's own or an external one: tests, tables, figures and the answer."""

from typing import NamedTuple

from leukgan.presentation.figures import Figure
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import Table
from leukgan.report.classifier_curves import reliability_figures, roc_figures
from leukgan.report.comparison_table import metrics_table, tests_table
from leukgan.report.comparisons import compare
from leukgan.report.curves import differences_figures
from leukgan.report.further_metrics import further_table
from leukgan.report.headline import headline
from leukgan.report.number_curves import compare_numbers, numbers_figures, numbers_table
from leukgan.report.results import Run
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS


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
