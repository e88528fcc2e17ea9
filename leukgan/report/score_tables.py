"""Table 1 and Table 2: this run's scores beside the paper's."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from statistics import fmean, stdev
from typing import Any

import pandas as pd

from leukgan.classification import TRAINING_SETS
from leukgan.presentation.formatting import NONE, interval, percent
from leukgan.presentation.tables import OURS, Column, Table, stamp_rows
from leukgan.report.paper import NETWORK, NETWORK_TITLE, PAPER, PublishedRow, is_network_of_paper, published
from leukgan.report.results import Run, select_splits
from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix
from leukgan.statistics.intervals import wilson_interval

TRAINING_SETS_NOTE = "real+aug: with rotated copies; real+gen: with generated images; real+aug+gen: with both."
SHARES = ("accuracy", "precision", "recall", "specificity")
NUMBERS = (
    *("source", "protocol", "classifier", "title", "training_set", "test_set", "splits", "n_train", "n"),
    *("tp", "fn", "tn", "fp", *METRICS),
    *(f"{metric}_{end}" for metric in SHARES for end in ("low", "high")),
    *(f"{metric}_sd" for metric in METRICS),
    "note",
)


def _metric(mean: float, deviation: float, printed: str | float) -> str:
    if isinstance(printed, str):  # a row of the paper
        return printed
    return percent(mean) if math.isnan(deviation) else f"{percent(mean)} ± {percent(deviation)}"


def _metric_column(metric: str) -> Column:
    return Column(metric.capitalize(), (metric, f"{metric}_sd", f"{metric}_printed"), _metric)


def _splits(frame: pd.DataFrame) -> "pd.Series[int]":
    """Number of splits of each row of this run."""
    return frame.loc[frame["source"] == OURS, "splits"]


COLUMNS = (
    Column("Training set", "training_set"),
    Column("Source", "source_label"),
    _metric_column("accuracy"),
    Column(
        "95% interval",
        ("accuracy_low", "accuracy_high"),
        partial(interval, form=percent),
        wanted=lambda frame: bool((_splits(frame) == 1).any()),
    ),
    *(_metric_column(metric) for metric in METRICS[1:]),
    *(Column(name.upper(), name) for name in ("tp", "fn", "tn", "fp")),
    Column("n", "n"),
    Column("Splits", "splits", wanted=lambda frame: bool((_splits(frame) > 1).any())),
    Column("Trained on", "trained_on"),
)

TABLES = {  # test set -> name, title and note of its table; other test sets get a table of their own name
    "generated": (
        "table1",
        "Table 1. Trained on real images, tested on generated images",
        "A weak test: high values say that the generated images of the two classes differ as real ones do, not that "
        "they are realistic, varied or useful. Two blobs of the right colours would pass it too.",
    ),
    "real": ("table2", "Table 2. Tested on real images, by training set", TRAINING_SETS_NOTE),
}


def score_tables(run: Run) -> list[Table]:
    """Table 1 and Table 2, and a table for each further test set in scores.csv."""
    return [score_table(run, test_set) for test_set in dict.fromkeys([*TABLES, *run.scores["test_set"]])]


def score_table(run: Run, test_set: str) -> Table:
    """The scores on one test set: a row for each classifier, training set and protocol, then the paper's."""
    other = (f"tested_on_{test_set}", f"Tested on the images of {test_set}, by training set", TRAINING_SETS_NOTE)
    name, title, note = TABLES.get(test_set, other)
    frames: list[pd.DataFrame] = []
    typing_errors: list[str] = []
    scores = run.scores[run.scores["test_set"] == test_set]
    for classifier, classifier_title in run.titles.items():
        for training_set in TRAINING_SETS:
            ours = scores[(scores["classifier"] == classifier) & (scores["training_set"] == training_set)]
            if ours.empty:
                continue
            names = {"classifier": classifier, "training_set": training_set, "test_set": test_set}
            names |= {"group": classifier_title, "title": classifier_title}
            groups = [select_splits(ours, splits) for splits in run.groups()]
            frames.append(stamp_rows(pd.DataFrame([names | _our_row(rows) for rows in groups if len(rows)])))
            paper = published().get((test_set, classifier, training_set))
            if paper is not None:
                frames.append(pd.DataFrame([names | _paper_row(paper, names, typing_errors)]))

    shown = [*NUMBERS, "group", "source_label", "look", "trained_on", *(f"{metric}_printed" for metric in METRICS)]
    frame = pd.concat(frames).reindex(columns=shown) if frames else pd.DataFrame(columns=shown)
    notes = (note, *_notes(run, frame, typing_errors))
    return Table(
        name=name,
        title=run.stamped(title),
        frame=frame,
        columns=COLUMNS,
        notes=notes if frames else ("This run has no scores for this table.",),
        written=NUMBERS,
        grouped_by=Column("Classifier", "group"),
    )


def _our_row(scores: pd.DataFrame) -> dict[str, Any]:
    """Mean and standard deviation of the metrics over the splits of one protocol, and their summed counts."""
    counts = ConfusionMatrix(*(int(scores[name].sum()) for name in ("tp", "fn", "tn", "fp")))
    smallest, largest = int(scores["n_train"].min()), int(scores["n_train"].max())
    row: dict[str, Any] = {
        "source": OURS,
        "protocol": scores["protocol"].iloc[0],
        "splits": len(scores),
        "n_train": smallest if smallest == largest else math.nan,
        "trained_on": f"{smallest:,}" if smallest == largest else f"{smallest:,} to {largest:,}",
        **_counts(counts, one_split=len(scores) == 1),
    }
    for metric in METRICS:
        values = scores[metric].tolist()
        row[metric] = fmean(values)  # NaN if undefined in any split
        row[f"{metric}_sd"] = stdev(values) if len(values) > 1 and not math.isnan(row[metric]) else math.nan
    return row


def _paper_row(paper: PublishedRow, names: dict[str, str], typing_errors: list[str]) -> dict[str, Any]:
    """The published row as printed; a typing error is marked, and told in a sentence that joins `typing_errors`."""
    same_network = is_network_of_paper(names["classifier"], names["title"])
    row: dict[str, Any] = {
        "title": names["title"] if same_network else NETWORK_TITLE,
        "source": PAPER,
        "source_label": PAPER if same_network else f"{PAPER} †",
        "protocol": "as published",
        "look": "paper",
        "splits": 1,
        "trained_on": NONE,
        **_counts(paper.counts, one_split=True),
        **{metric: paper.printed[metric] / 100 for metric in METRICS},
        **{f"{metric}_printed": f"{paper.printed[metric]:.2f}" for metric in METRICS},
    }
    if paper.wrong is not None:
        note = f"printed {paper.wrong} {paper.printed[paper.wrong]:.2f} is a typing error for {paper.corrected:.2f}"
        typing_errors.append(note)
        row["note"] = note
        row[f"{paper.wrong}_printed"] += "*" * len(typing_errors)
    return row


def _counts(counts: ConfusionMatrix, *, one_split: bool) -> dict[str, Any]:
    """Counts, and for one split Wilson's intervals of the metrics that are shares of images."""
    shares = {metric: share for metric, share in counts.shares().items() if one_split and share[1]}
    ends: dict[str, float] = {}
    for metric, share in shares.items():
        ends[f"{metric}_low"], ends[f"{metric}_high"] = wilson_interval(*share).interval
    return {"n": counts.n, **asdict(counts), **ends}


def _notes(run: Run, frame: pd.DataFrame, typing_errors: Sequence[str]) -> Iterator[str]:
    yield f"Values in percent. Positive (TP, recall, precision) is {run.classes[1]}; n is the number of test images."
    if (_splits(frame) == 1).any():
        yield (
            "95% interval: Wilson's, of the accuracy; those of precision, recall and specificity are in the csv. It "
            "covers the chance in the choice of test images, not what another training would change."
        )
    if (_splits(frame) > 1).any():
        yield (
            "Several splits: mean ± standard deviation over splits. TP, FN, TN, FP and n are sums over splits, in "
            "which an image can be tested more than once."
        )

    if PAPER in set(frame["source"]):
        yield from _notes_of_paper(run, typing_errors)
    yield from run.stamp_notes


def _notes_of_paper(run: Run, typing_errors: Sequence[str]) -> Iterator[str]:
    yield f"{PAPER}: percentages as printed, counts decoded from them. " + (
        "The data here has ALL-IDB2's layout, classes and numbers; if it is ALL-IDB2, the numbers can be compared."
        if _may_be_all_idb2(run)
        else "The data here is not ALL-IDB2, so the numbers are not comparable."
    )
    yield "In the paper the GAN was trained on all images, test images included."
    network = run.titles.get(NETWORK, "")
    if network and not is_network_of_paper(NETWORK, network):
        yield f"† The paper's network was {NETWORK_TITLE}; here it is {network}."
    for number, error in enumerate(typing_errors, start=1):
        yield f"{'*' * number} In the paper: {error}, by its counts."


def _may_be_all_idb2(run: Run) -> bool:
    """Whether the images have ALL-IDB2's layout, class names and 130 images of each class."""
    data = run.splits[0].provenance["data"]
    totals = [sum(data["counts"][part][name] for part in ("train", "test")) for name in data["classes"]]
    return (data["source"], data["classes"], totals) == ("all_idb2", ["healthy", "leukemia"], [130, 130])
