"""What a report says of external test sets: how the classifiers do there, and whether generated images help there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from leukgan.classification import TRAINING_SETS
from leukgan.presentation.figures import Figure
from leukgan.presentation.formatting import classifier_phrase, interval, join_words, percent, points, quantity
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import Table
from leukgan.report.classifier_curves import reliability_figures, roc_figures
from leukgan.report.comparison_table import metrics_table, tests_table
from leukgan.report.comparisons import compare
from leukgan.report.curves import differences_figure
from leukgan.report.external_values import external_figure, external_table, external_values
from leukgan.report.further_metrics import further_table
from leukgan.report.headline import headline, set_phrase
from leukgan.report.number_curve import compare_numbers, numbers_figures, numbers_table
from leukgan.report.results import Run
from leukgan.report.shift import describe_shift, shift_table
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS


@dataclass(frozen=True)
class ExternalReport:
    """What a report says of external test sets; empty if there are none.

    Attributes:
        tables: external and shift, of all sets, and tests, tests_by_metric, further_metrics and numbers of each.
        figures: By section: `external`, of all sets, and `on_NAME` and `roc_on_NAME`, of each.
        statements: A sentence of each.
    """

    tables: Sequence[Table | None]
    figures: Mapping[str, Sequence[Figure]]
    statements: Sequence[Statement]


def report_external(run: Run) -> ExternalReport:
    """Tables, figures and sentences about a run's external test sets, each of which is a family of comparisons."""
    values = external_values(run)
    secondary = [metric for metric in CLASSIFIER_METRICS if metric != run.primary]
    tables = [external_table(run, values), shift_table(run)]
    figures = {"external": external_figure(run, values)}
    statements = []
    for name in run.external:
        there = run.on(name)
        compared, numbers = compare(there), compare_numbers(there)
        tables += [tests_table(there, compared), metrics_table(there, compare(there, secondary)), further_table(there)]
        tables.append(numbers_table(there, numbers))
        figures[f"on_{name}"] = [*_differences(there, compared), *numbers_figures(there, numbers)]
        figures[f"roc_on_{name}"] = [*roc_figures(there), *reliability_figures(there)]
        answer = f"{_loss(run, values[values['test_set'] == name])}. {headline(there, compared)}"
        statements.append(Statement(f"On {name}", " ".join([answer, describe_shift(run, name)]).strip()))
    return ExternalReport(tables, figures, statements)


def _differences(there: Run, compared: pd.DataFrame) -> Iterator[Figure]:
    if len(compared):
        yield differences_figure(compared, test_images=there.test_images, suffix=there.suffix)


def _loss(run: Run, values: pd.DataFrame) -> str:
    """The metric there and at home, of the training set with the most images that is not generated, if there is one."""
    ours = values[values["protocol"] == run.pictured.protocol]
    trained = sorted(set(ours["training_set"]), key=lambda name: ("gen" not in name, TRAINING_SETS.index(name)))
    rows = ours[ours["training_set"] == trained[-1]]
    clauses = [
        f"{percent(row['value'])}% for {classifier_phrase(row['title'])} ({percent(row['own'])}% on the study's own "
        f"test images, a difference of {points(row['difference'])} points, 95% interval "
        f"{interval(row['difference_low'], row['difference_high'])})"
        for row in run.by_classifier(rows).to_dict("records")
    ]
    return (
        f"{quantity(int(values['n'].iloc[0]), 'image')} from elsewhere; {CLASSIFIER_METRICS[run.primary].phrase} "
        f"after training on {set_phrase(trained[-1])} images is {join_words(clauses)}"
    )
