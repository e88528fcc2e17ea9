"""The table of tests: what generated images change, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from leukgan.presentation.formatting import NONE, count, interval, p_value, percent, points
from leukgan.presentation.tables import LEAKY_NOTE, SOURCE, Column, Table, stamp_rows
from leukgan.report.paper import gains_note
from leukgan.report.results import Run
from leukgan.statistics.confusion_matrix import METRICS
from leukgan.statistics.intervals import ALPHA
from leukgan.statistics.multi_reader import FEW_SETS
from leukgan.statistics.power import POWER, minimum_detectable_images

VERDICTS = {"gain": "gain", "loss": "loss", "none": "none detected"}


def _test_images(n: int, splits: int, crossed: bool) -> str:
    if splits == 1:
        return f"{n}"
    return f"{n} by {splits} training sets" if crossed else f"{n} in {splits} splits"


def _of_one_split(frame: pd.DataFrame) -> bool:
    return bool((frame["splits"] == 1).any())


PAIR = Column("Comparison", ("with_generated", "without"), "{} vs {}".format)
COLUMNS = (
    PAIR,
    SOURCE,
    Column("Difference (points)", "difference", points),
    Column("95% interval", ("low", "high"), interval),
    Column("p", "p", p_value),
    Column("p (Holm)", "p_holm", p_value),
    Column("Gain or loss", "result", VERDICTS.__getitem__),
    Column("Test images", ("n", "splits", "crossed"), _test_images),
    Column("Smallest detectable gain", "smallest_detectable", lambda gain: points(gain, sign=False)),
    Column("Accuracy without", "value_without", percent),
    Column("Accuracy with", "value_with", percent),
    Column("Right only without", "only_without", count, wanted=_of_one_split),
    Column("Right only with", "only_with", count, wanted=_of_one_split),
)


def tests_table(run: Run, comparisons: pd.DataFrame) -> Table:
    """With generated images against without: difference of accuracy, interval, p; of rows of `compare`."""
    frame = stamp_rows(comparisons)
    return Table(
        name="tests",
        title=run.stamped("Tests. With generated images against without, on real test images"),
        frame=run.by_classifier(frame),
        columns=COLUMNS,
        notes=tuple(_notes(run, comparisons)),
        numbers=frame[[*comparisons]],
    )


def metrics_table(run: Run, comparisons: pd.DataFrame) -> Table:
    """With generated images against without, by every metric besides accuracy: difference and interval."""
    frame = stamp_rows(comparisons)
    cells = frame.assign(
        cell=[
            f"{points(row['difference'])} ({interval(row['low'], row['high'])})"
            + ("" if row["result"] == "none" else f" {VERDICTS[row['result']]}")
            for row in frame.to_dict("records")
        ]
    )

    # A row for each pair of training sets, a column for each metric.
    keys = ["classifier", "title", "with_generated", "without", "source_label", "look"]
    wide = cells.pivot(index=keys, columns="metric", values="cell").reindex(cells.set_index(keys).index.unique())

    return Table(
        name="tests_by_metric",
        title=run.stamped("Tests of the other metrics, in percentage points"),
        frame=run.by_classifier(wide.reindex(columns=METRICS[1:]).fillna(NONE).reset_index()),
        columns=(PAIR, SOURCE, *(Column(name.capitalize(), name) for name in METRICS[1:])),
        notes=(
            "Difference with generated images and its 95% interval, tested as accuracy is; recall among positive and "
            "specificity among negative test images. Precision and F1 are no shares of the test images: for one split, "
            "or one set of test images, they have no test here. Each metric is a family of its own for Holm's "
            "correction, and the words gain and loss stand only where p is below "
            f"{ALPHA} after it. p, spread and family are in the csv.",
        ),
        numbers=frame[[*comparisons]],
    )


def _notes(run: Run, comparisons: pd.DataFrame) -> Iterator[str]:
    if comparisons.empty:
        yield "This run has no classifier that was trained with and without generated images."
        return
    yield "Accuracies in percent; difference, interval and smallest detectable gain in percentage points of accuracy."

    # How each design was tested.
    rows: list[Any] = list(comparisons.itertuples())
    one = next((c for c in rows if c.splits == 1), None)
    if one is not None:
        yield (
            "One split: exact McNemar test, paired by test image; the interval is a cautious one, from Clopper-Pearson "
            f"intervals of the two 'right only' proportions. {_needed_gain(one)}It covers the chance in the choice of "
            "test images, not what another training or another GAN would change."
        )
    several = next((c for c in rows if c.crossed), None)
    if several is not None:
        yield (
            f"{several.splits} training sets that share no image, one set of {several.n:,} test images: t test of the "
            "crossed design, which takes training sets and test images both as drawn by chance (two-way random "
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

    yield (
        f"p (Holm): corrected for {rows[0].family} comparisons; only where it is below {ALPHA} is a difference "
        "called a gain or a loss."
    )
    yield gains_note()
    if run.leaky:
        yield LEAKY_NOTE


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
