"""The table of tests: what generated images change, and whether that is more than chance."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from leukgan.presentation.formatting import (
    classifier_phrase,
    count,
    interval,
    join_words,
    p_value,
    percent,
    points,
)
from leukgan.presentation.tables import SOURCE, Column, Table, stamp_rows
from leukgan.report.comparisons import PAIRS, is_multi_reader
from leukgan.report.paper import gains_note
from leukgan.report.results import Run
from leukgan.report.splits import training_overlap
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
from leukgan.statistics.intervals import ALPHA
from leukgan.statistics.multi_reader import FEW_SETS
from leukgan.statistics.power import POWER, minimum_detectable_images

ONE_TEST_SET = (
    "It covers the chance in the choice of test images, not what another training or another GAN would change."
)
JACKKNIFE = (
    "t test on the jackknife's standard error over test images, which for AUROC is DeLong's test (1988); for "
    "sensitivity at fixed specificity, which is not smooth, on the bootstrap's."
)
BY_THE_CUT = ("recall", "specificity", "precision", "npv", "f1", "balanced_accuracy", "mcc")
CUT = (
    "Metrics of one class, and with unequal classes F1, balanced accuracy and MCC, depend on the cut between the "
    "classes. Where an arm's wrong labels are the same in all splits, they alarmed without an effect in simulated "
    "studies: "
    "recall and specificity in 24%, F1 in 19%, balanced accuracy in 18% and MCC in 12%; AUROC, which needs no cut, in "
    "5% (docs/answer.md)."
)
VERDICTS = {"gain": "gain", "loss": "loss", "none": "none detected"}


def _test_images(n: int, splits: int, crossed: bool) -> str:
    if splits == 1:
        return f"{n}"
    return f"{n} by {splits} training sets" if crossed else f"{n} in {splits} splits"


def _counts_images(frame: pd.DataFrame) -> bool:
    return bool(frame["only_with"].notna().any())


PAIR = Column("Comparison", ("with_generated", "without"), "{} vs {}".format)


def _columns(metric: str) -> tuple[Column, ...]:
    label = CLASSIFIER_METRICS[metric].label
    return (
        PAIR,
        SOURCE,
        Column("Difference (points)", "difference", points),
        Column("95% interval", ("low", "high"), interval),
        Column("p", "p", p_value),
        Column("p (Holm)", "p_holm", p_value),
        Column("Gain or loss", "result", VERDICTS.__getitem__),
        Column("Test images", ("n", "splits", "crossed"), _test_images),
        Column("Smallest detectable gain", "smallest_detectable", lambda gain: points(gain, sign=False)),
        Column(f"{label} without", "value_without", percent),
        Column(f"{label} with", "value_with", percent),
        Column("Right only without", "only_without", count, wanted=_counts_images),
        Column("Right only with", "only_with", count, wanted=_counts_images),
    )


UNCORRECTED_COLUMNS = (  # of a comparison that is no part of the answer
    SOURCE,
    Column("Without", "value_without", percent),
    Column("With", "value_with", percent),
    Column("Difference (points)", "difference", points),
    Column("95% interval", ("low", "high"), interval),
    Column("p, not corrected", "p", p_value),
)
SECONDARY_COLUMNS = (Column("Metric", "metric", lambda metric: CLASSIFIER_METRICS[metric].label), *UNCORRECTED_COLUMNS)
PAIR_HEADING = Column("Comparison", ("title", "with_generated", "without"), "{}: {} vs {}".format)


def tests_table(run: Run, comparisons: pd.DataFrame) -> Table:
    """With generated images against without: difference of the primary metric, interval, p; of rows of `compare`."""
    return Table(
        name=f"tests{run.suffix}",
        title=run.stamped(f"Tests. With generated images against without, on {run.test_images}"),
        frame=stamp_rows(run.by_classifier(comparisons)),
        columns=_columns(run.primary),
        notes=tuple(_notes(run, comparisons)),
    )


def metrics_table(run: Run, comparisons: pd.DataFrame) -> Table:
    """With generated images against without, by every secondary metric."""
    pairs = [with_generated for with_generated, _ in PAIRS]
    ordered = comparisons.sort_values("with_generated", key=lambda names: names.map(pairs.index), kind="stable")
    primary = CLASSIFIER_METRICS[run.primary].phrase
    return Table(
        name=f"tests_by_metric{run.suffix}",
        title=run.stamped(f"Tests of the secondary metrics, on {run.test_images}"),
        frame=stamp_rows(run.by_classifier(ordered)),
        columns=SECONDARY_COLUMNS,
        notes=(
            f"Secondary: the study was to answer by {primary}. These p values are not corrected for their number, and "
            f"of {len(CLASSIFIER_METRICS) - 1} metrics one can be below {ALPHA} by chance alone, so none is called a "
            "gain or a loss. Values in percent, differences in percentage points; MCC and the Brier score times 100.",
            *metric_notes(run),
            *_designs_of_secondary(run),
        ),
        grouped_by=PAIR_HEADING,
    )


def metric_notes(run: Run) -> Iterator[str]:
    """What the metrics beside those of the paper are."""
    yield (
        "PPV and NPV hold for the shares of the classes in this test set alone. Sensitivity at fixed specificity: the "
        "highest sensitivity of any threshold on the test images' own scores with a specificity of at least "
        f"{percent(run.specificity)}%."
    )
    given = run.predictions["probability"].notna().groupby(run.predictions["classifier"]).any()
    without = [classifier_phrase(title) for name, title in run.titles.items() if not given.get(name, default=True)]
    if without:
        verb = "gives" if len(without) == 1 else "give"
        yield f"No Brier score of {join_words(without)}, which {verb} no probabilities."


def _designs_of_secondary(run: Run) -> Iterator[str]:
    designs = {len(splits) > 1: is_multi_reader(run, splits) for splits in run.groups()}
    if False in designs:
        yield f"One split: {JACKKNIFE} Recall and specificity: exact McNemar test among the images of their class."
    if designs.get(True):
        yield (
            "One set of test images: the crossed design's t test takes jackknife pseudovalues in place of right and "
            "wrong images (Dorfman, Berbaum and Metz, 1992); sensitivity at fixed specificity is not smooth and has no "
            "test here."
        )
    if designs.get(True) is False:
        yield (
            "Several splits: corrected resampled t test. It rests on the share of test images that two splits have in "
            f"common, and holds for any metric that varies smoothly with the images. {CUT}"
        )


def _notes(run: Run, comparisons: pd.DataFrame) -> Iterator[str]:
    if comparisons.empty:
        yield "This run has no classifier that was trained with and without generated images."
        return
    primary = CLASSIFIER_METRICS[run.primary]
    yield (
        f"{primary.label} in percent; difference, interval and smallest detectable gain in percentage points. It was "
        "named as the primary metric before there were results (metrics.primary); every other metric is secondary."
    )

    # How each design was tested.
    rows: list[Any] = list(comparisons.itertuples())
    one = next((c for c in rows if c.splits == 1), None)
    if one is not None and math.isnan(one.only_with):
        yield f"One split: {JACKKNIFE} {ONE_TEST_SET}"
    elif one is not None:
        yield (
            "One split: exact McNemar test, paired by test image; the interval is a cautious one, from Clopper-Pearson "
            f"intervals of the two 'right only' proportions. {_needed_gain(one)}{ONE_TEST_SET}"
        )
    several = next((c for c in rows if c.crossed), None)
    if several is not None:
        yield (
            f"{several.splits} training sets that share {_shared(run)}, one set of {several.n:,} test images: t test "
            "of the crossed design, which takes training sets and test images both as drawn by chance (two-way random "
            "effects, as in studies where several readers judge the same cases: Dorfman, Berbaum and Metz, 1992; "
            f"Hillis, 2007){_cautious(several)}. Where the difference is the same for every training set, interval and "
            f"p are undefined (–). Smallest detectable gain: what this test finds with {POWER:.0%} power at the "
            "spread seen here."
        )
    if any(c.splits > 1 and not c.crossed for c in rows):
        yield (
            "Several splits: corrected resampled t test (Nadeau and Bengio, 2003), which allows for training sets that "
            "overlap. Where the difference is the same in every split, interval and p are undefined (–). Smallest "
            f"detectable gain: what the corrected test finds with {POWER:.0%} power at the spread seen here."
        )
        if run.primary in BY_THE_CUT:
            yield CUT

    yield (
        f"p (Holm): corrected for {rows[0].family} comparisons; only where it is below {ALPHA} is a difference "
        "called a gain or a loss."
    )
    yield gains_note()
    yield from run.stamp_notes


def _shared(run: Run) -> str:
    """What the training sets have in common, and what follows for the test."""
    overlap = max(training_overlap(splits) for splits in run.groups() if is_multi_reader(run, splits))
    if not overlap:
        return "no image"
    return f"{overlap:.0%} of their images, for which the variance between them counts again, with its upper limit"


def _needed_gain(c: Any) -> str:
    alone, corrected = (minimum_detectable_images(c.n, alpha) for alpha in (ALPHA, ALPHA / c.family))
    if corrected is None:
        return f"With {c.n} images no gain could have been seen. "
    before = f" ({alone} without the correction)" if alone != corrected else ""
    return f"To be seen, a gain needs at least {corrected} images that are right only with generated images{before}. "


def _cautious(c: Any) -> str:
    if c.splits >= FEW_SETS:
        return ""
    return f"; with fewer than {FEW_SETS} training sets it is a cautious one, of K − 1 degrees of freedom"
