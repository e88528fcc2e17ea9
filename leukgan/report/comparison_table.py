"""The table of tests: what generated images change, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from leukgan.presentation.formatting import LEAKY, NONE, join_words, p_value, percent, points
from leukgan.presentation.tables import LEAKY_NOTE, Row, Table, source_label
from leukgan.report.comparisons import Comparison, compare
from leukgan.report.paper import PAPER, published
from leukgan.report.results import CLASSIFIERS, Run, stamped
from leukgan.statistics.confusion_matrix import METRICS
from leukgan.statistics.intervals import ALPHA, Estimate
from leukgan.statistics.multi_reader import FEW_SETS
from leukgan.statistics.paired_tests import exact_mcnemar_p
from leukgan.statistics.power import POWER, minimum_detectable_images

VERDICTS = {"gain": "gain", "loss": "loss", "none": "none detected"}
NUMBERS = (
    *("metric", "protocol", "classifier", "title", "with_generated", "without", "splits", "n", "value_without"),
    *("value_with", "only_without", "only_with", "difference", "spread", "low", "high", "p", "p_holm", "family"),
    *("smallest_detectable", "result", "crossed"),
)


def tests_table(run: Run, comparisons: Sequence[Comparison]) -> Table:
    """With generated images against without: difference of accuracy, interval, p."""
    one_split = any(c.splits == 1 for c in comparisons)
    columns = ["Comparison", "Source"] if run.leaky else ["Comparison"]
    columns += ["Difference (points)", "95% interval", "p", "p (Holm)", "Gain or loss", "Test images"]
    columns += ["Smallest detectable gain", "Accuracy without", "Accuracy with"]
    columns += ["Right only without", "Right only with"] if one_split else []
    return Table(
        name="tests",
        title=stamped("Tests. With generated images against without, on real test images", run),
        columns=tuple(columns),
        rows=tuple(
            Row(c.title, "leaky" if c.leaky else "ours", tuple(_cells(c, run.leaky, one_split)))
            for c in sorted(comparisons, key=lambda c: CLASSIFIERS.index(c.classifier))
        ),
        notes=tuple(_notes(run, comparisons)),
        numbers=pd.DataFrame([_numbers(c) for c in comparisons], columns=list(NUMBERS)),
    )


def metrics_table(run: Run) -> Table:
    """With generated images against without, by every other metric: difference and interval."""
    comparisons = [c for metric in METRICS[1:] for c in compare(run, metric)]
    rows: dict[tuple[str, str, str, bool], dict[str, str]] = {}
    for c in comparisons:
        mark = "" if c.verdict == "none" else f" {VERDICTS[c.verdict]}"
        cell = f"{points(c.result.value)} ({interval_words(c.result)}){mark}"
        rows.setdefault((c.classifier, c.title, f"{c.with_generated} vs {c.without}", c.leaky), {})[c.metric] = cell
    columns = ["Comparison", "Source"] if run.leaky else ["Comparison"]
    return Table(
        name="tests_by_metric",
        title=stamped("Tests of the other metrics, in percentage points", run),
        columns=(*columns, *(metric.capitalize() for metric in METRICS[1:])),
        rows=tuple(
            Row(
                title,
                "leaky" if leaky else "ours",
                (pair, *([source_label(leaky)] if run.leaky else []), *(cells.get(m, NONE) for m in METRICS[1:])),
            )
            for (_, title, pair, leaky), cells in sorted(rows.items(), key=lambda row: CLASSIFIERS.index(row[0][0]))
        ),
        notes=(
            "Difference with generated images and its 95% interval, tested as accuracy is; recall among positive and "
            "specificity among negative test images. Precision and F1 are no shares of the test images: for one split, "
            "or one set of test images, they have no test here. Each metric is a family of its own for Holm's "
            "correction, and the words gain and loss stand only where p is below "
            f"{ALPHA} after it. p, spread and family are in the csv.",
        ),
        numbers=pd.DataFrame([_numbers(c) for c in comparisons], columns=list(NUMBERS)),
    )


def interval_words(result: Estimate) -> str:
    """An interval in percentage points, or a dash."""
    return f"{points(result.low)} to {points(result.high)}" if result.has_interval else NONE


def _cells(c: Comparison, with_source: bool, one_split: bool) -> Iterator[str]:
    yield f"{c.with_generated} vs {c.without}"
    if with_source:
        yield source_label(c.leaky)
    yield points(c.result.value)
    yield interval_words(c.result)
    yield p_value(c.result.p)
    yield p_value(c.p_holm)
    yield VERDICTS[c.verdict]
    yield (
        f"{c.n}"
        if c.splits == 1
        else f"{c.n} by {c.splits} training sets"
        if c.crossed
        else f"{c.n} in {c.splits} splits"
    )
    yield NONE if c.smallest is None else points(c.smallest, sign=False)
    yield percent(c.value_without)
    yield percent(c.value_with)
    if one_split:
        yield from (NONE if count is None else str(count) for count in (c.only_without, c.only_with))


def _numbers(c: Comparison) -> dict[str, object]:
    same_name = {name: getattr(c, name) for name in NUMBERS if hasattr(c, name)}
    return {
        **same_name,
        "protocol": LEAKY if c.leaky else "clean",
        "difference": c.result.value,
        "low": c.result.low,
        "high": c.result.high,
        "p": c.result.p,
        "smallest_detectable": c.smallest,
        "result": c.verdict,
    }


def _notes(run: Run, comparisons: Sequence[Comparison]) -> Iterator[str]:
    if not comparisons:
        yield "This run has no classifier that was trained with and without generated images."
        return
    yield "Accuracies in percent; difference, interval and smallest detectable gain in percentage points of accuracy."
    one = next((c for c in comparisons if c.splits == 1), None)
    if one is not None:
        yield (
            "One split: exact McNemar test, paired by test image; the interval is a cautious one, from Clopper-Pearson "
            f"intervals of the two 'right only' proportions. {_reach(one)}It covers the chance in the choice of test "
            "images, not what another training or another GAN would change."
        )
    several = next((c for c in comparisons if c.crossed), None)
    if several is not None:
        yield (
            f"{several.splits} training sets that share no image, one set of {several.n:,} test images: t test of the "
            "crossed design, which takes training sets and test images both as drawn by chance (two-way random "
            "effects, as in studies where several readers judge the same cases: Dorfman, Berbaum and Metz, 1992; "
            f"Hillis, 2007){_cautious(several)}. Where the difference is the same for every training set, interval and "
            f"p are undefined (–). Smallest detectable gain: what this test finds with {POWER:.0%} power at the "
            "spread seen here."
        )
    if any(c.splits > 1 and not c.crossed for c in comparisons):
        yield (
            "Several splits: corrected resampled t test (Nadeau and Bengio, 2003), which allows for training sets that "
            "overlap. Where the difference is the same in every split, interval and p are undefined (–). Smallest "
            f"detectable gain: what the corrected test finds with {POWER:.0%} power at the spread seen here."
        )
    yield (
        f"p (Holm): corrected for {comparisons[0].family} comparisons; only where it is below {ALPHA} is a difference "
        "called a gain or a loss."
    )
    yield _paper_note()
    if run.leaky:
        yield LEAKY_NOTE


def _reach(c: Comparison) -> str:
    alone, corrected = (minimum_detectable_images(c.n, alpha) for alpha in (ALPHA, ALPHA / c.family))
    if corrected is None:
        return f"With {c.n} images no gain could have been seen. "
    before = f" ({alone} without the correction)" if alone != corrected else ""
    return f"To be seen, a gain needs at least {corrected} images that are right only with generated images{before}. "


def _cautious(c: Comparison) -> str:
    if c.splits >= FEW_SETS:
        return ""
    return f"; with fewer than {FEW_SETS} training sets it is a cautious one, of K − 1 degrees of freedom"


def _paper_note() -> str:
    """The same comparison from the paper's counts, in its most favourable pairing."""
    rows = [[published()["real", c, s].counts for s in ("real+aug+gen", "real+aug")] for c in CLASSIFIERS]
    gains = [first.correct - second.correct for first, second in rows]
    p = [f"{exact_mcnemar_p(gain, 0):.2g}" for gain in gains]
    return (
        f"{PAPER}, by its decoded counts: real+aug+gen gains {join_words([str(gain) for gain in gains])} of "
        f"{rows[0][0].n} images over real+aug for network, logistic regression and SVM; the most favourable pairing "
        f"gives p = {join_words(p)}."
    )
