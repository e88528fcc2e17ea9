"""Table 1 and Table 2: this run's scores beside the paper's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from operator import add
from statistics import fmean, stdev

import pandas as pd

from leukgan.presentation.formatting import LEAKY, NONE, percent
from leukgan.presentation.tables import LEAKY_NOTE, OURS, Row, Table, source_label
from leukgan.report.paper import PAPER, PublishedRow, published
from leukgan.report.results import Key, Run, Split, stamped
from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix
from leukgan.statistics.intervals import Estimate, wilson_interval

PAPER_NETWORK = "VGG16, ImageNet weights"
COLUMNS = (
    *("Training set", "Source", "Accuracy", "95% interval", "Precision", "Recall", "F1", "Specificity"),
    *("TP", "FN", "TN", "FP", "n", "Splits", "Trained on"),
)
SHARES = ("accuracy", "precision", "recall", "specificity")
ENDS = ("low", "high")
NO_SCORES = "This run has no scores for this table."
NUMBERS = (
    *("source", "protocol", "classifier", "title", "training_set", "test_set", "splits", "n_train", "n"),
    *("tp", "fn", "tn", "fp", *METRICS),
    *(f"{metric}_{end}" for metric in SHARES for end in ENDS),
    *(f"{metric}_sd" for metric in METRICS),
    "note",
)


@dataclass(frozen=True)
class Line:
    """A row of the table and the numbers behind it."""

    row: Row
    numbers: dict[str, object]


def table1(run: Run) -> Table:
    """Trained on real images, tested on generated ones."""
    title = "Table 1. Trained on real images, tested on generated images"
    note = (
        "A weak test: high values say that the generated images of the two classes differ as real ones do, not that "
        "they are realistic, varied or useful. Two blobs of the right colours would pass it too."
    )
    return _table(run, "table1", title, "generated", note)


def table2(run: Run) -> Table:
    """Four training sets, tested on real images."""
    note = "real+aug: with rotated copies; real+gen: with generated images; real+aug+gen: with both."
    return _table(run, "table2", "Table 2. Tested on real images, by training set", "real", note)


def _table(run: Run, name: str, title: str, test_set: str, note: str) -> Table:
    typing_errors: list[str] = []
    lines: list[Line] = []
    sizes: set[int] = set()
    for key in run.keys(test_set):
        for group in run.groups():
            splits = [split for split in group if key in split.counts]
            if splits:
                sizes.add(len(splits))
                lines.append(_our_line(run.titles[key[0]], key, splits))
        if (key[2], key[0], key[1]) in published():
            paper = published()[key[2], key[0], key[1]]
            lines.append(_paper_line(run.titles[key[0]], key, paper, typing_errors))
    one_split, several = 1 in sizes, any(size > 1 for size in sizes)
    hidden = ({"95% interval"} if not one_split else set()) | ({"Splits"} if not several else set())
    shown = [i for i, column in enumerate(COLUMNS) if column not in hidden]
    notes = tuple(_notes(run, note, typing_errors, one_split, several)) if lines else (NO_SCORES,)
    return Table(
        name=name,
        title=stamped(title, run),
        columns=tuple(COLUMNS[i] for i in shown),
        rows=tuple(replace(line.row, cells=tuple(line.row.cells[i] for i in shown)) for line in lines),
        notes=notes,
        numbers=pd.DataFrame([line.numbers for line in lines], columns=list(NUMBERS)),
    )


def _our_line(title: str, key: Key, splits: Sequence[Split]) -> Line:
    leaky = splits[0].leaky
    every = [split.counts[key] for split in splits]
    total = reduce(add, every)
    trained_on = sorted({split.trained_on[key] for split in splits})
    interval = wilson_interval(*total.shares()["accuracy"]) if len(splits) == 1 else None
    spread = {metric: _mean_and_deviation([c.metrics()[metric] for c in every]) for metric in METRICS}
    shown = [percent(m) if sd is None else f"{percent(m)} ± {percent(sd)}" for m, sd in spread.values()]
    numbers = {
        **_identity(title, key, total, one_split=len(splits) == 1),
        "source": OURS,
        "protocol": LEAKY if leaky else "clean",
        "splits": len(splits),
        "n_train": trained_on[0] if len(trained_on) == 1 else None,
        **{metric: mean for metric, (mean, _) in spread.items()},
        **{f"{metric}_sd": deviation for metric, (_, deviation) in spread.items()},
    }
    size = f"{trained_on[0]:,}" if len(trained_on) == 1 else f"{trained_on[0]:,} to {trained_on[-1]:,}"
    cells = _cells(key[1], source_label(leaky), size, shown, interval, total, len(splits))
    return Line(Row(title, "leaky" if leaky else "ours", cells), numbers)


def _paper_line(title: str, key: Key, paper: PublishedRow, typing_errors: list[str]) -> Line:
    """The published row; a typing error is marked, and told in a sentence that joins `typing_errors`."""
    interval = wilson_interval(*paper.counts.shares()["accuracy"])
    shown = [f"{paper.printed[metric]:.2f}" for metric in METRICS]
    note = ""
    if paper.wrong is not None:
        note = f"printed {paper.wrong} {paper.printed[paper.wrong]:.2f} is a typing error for {paper.corrected:.2f}"
        typing_errors.append(note)
        shown[METRICS.index(paper.wrong)] += "*" * len(typing_errors)
    same_network = key[0] != "vgg16" or "imagenet" in title.lower()
    numbers = {
        **_identity(title if same_network else PAPER_NETWORK, key, paper.counts, one_split=True),
        "source": PAPER,
        "protocol": "as published",
        "splits": 1,
        "note": note,
        **{metric: paper.printed[metric] / 100 for metric in METRICS},
    }
    source = PAPER if same_network else f"{PAPER} †"
    return Line(Row(title, "paper", _cells(key[1], source, NONE, shown, interval, paper.counts, 1)), numbers)


def _identity(title: str, key: Key, counts: ConfusionMatrix, *, one_split: bool) -> dict[str, object]:
    """Names and counts, and for one split Wilson's intervals of the metrics that are shares of images."""
    names = dict(zip(("classifier", "training_set", "test_set"), key, strict=True))
    shares = {metric: share for metric, share in counts.shares().items() if one_split and share[1]}
    intervals = {metric: wilson_interval(*share) for metric, share in shares.items()}
    ends = {f"{metric}_{end}": getattr(interval, end) for metric, interval in intervals.items() for end in ENDS}
    return {"title": title, **names, "n": counts.n, **asdict(counts), **ends}


def _cells(
    training_set: str,
    source: str,
    size: str,
    metrics: Sequence[str],
    interval: Estimate | None,
    counts: ConfusionMatrix,
    splits: int,
) -> tuple[str, ...]:
    bounds = NONE if interval is None else f"{percent(interval.low)} to {percent(interval.high)}"
    numbers = (counts.tp, counts.fn, counts.tn, counts.fp, counts.n, splits)
    return training_set, source, metrics[0], bounds, *metrics[1:], *(str(number) for number in numbers), size


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and standard deviation over splits; no mean where any split leaves the metric undefined."""
    if any(map(math.isnan, values)):
        return math.nan, None
    return fmean(values), stdev(values) if len(values) > 1 else None


def _notes(run: Run, note: str, typing_errors: Sequence[str], one_split: bool, several: bool) -> Iterator[str]:
    yield note
    yield f"Values in percent. Positive (TP, recall, precision) is {run.classes[1]}; n is the number of test images."
    if one_split:
        yield (
            "95% interval: Wilson's, of the accuracy; those of precision, recall and specificity are in the csv. It "
            "covers the chance in the choice of test images, not what another training would change."
        )
    if several:
        yield (
            "Several splits: mean ± standard deviation over splits. TP, FN, TN, FP and n are sums over splits, in "
            "which an image can be tested more than once."
        )
    yield from _paper_notes(run)
    for number, error in enumerate(typing_errors, start=1):
        yield f"{'*' * number} In the paper: {error}, by its counts."
    if run.leaky:
        yield LEAKY_NOTE


def _paper_notes(run: Run) -> Iterator[str]:
    yield f"{PAPER}: percentages as printed, counts decoded from them. " + (
        "The data here has ALL-IDB2's layout, classes and numbers; if it is ALL-IDB2, the numbers can be compared."
        if _may_be_all_idb2(run)
        else "The data here is not ALL-IDB2, so the numbers are not comparable."
    )
    yield "In the paper the GAN was trained on all images, test images included."
    network = run.titles.get("vgg16", "")
    if network and "imagenet" not in network.lower():
        yield f"† The paper's network was {PAPER_NETWORK}; here it is {network}."


def _may_be_all_idb2(run: Run) -> bool:
    """Whether the images have ALL-IDB2's layout, class names and 130 images of each class."""
    data = run.splits[0].provenance["data"]
    totals = [sum(data["counts"][part][name] for part in ("train", "test")) for name in data["classes"]]
    return (data["source"], data["classes"], totals) == ("all_idb2", ["healthy", "leukemia"], [130, 130])
