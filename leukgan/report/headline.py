"""The answer in one sentence, made from the tests and from nothing else."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from leukgan.classification import blocks
from leukgan.presentation.formatting import (
    LEAKY,
    STAMPS,
    UNVERIFIED,
    classifier_phrase,
    interval,
    join_words,
    p_value,
    points,
    quantity,
)
from leukgan.presentation.page import Statement
from leukgan.report.comparisons import PAIRS
from leukgan.report.results import Run
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS

PARTS = {"real": "real", "aug": "rotated", "gen": "generated"}  # of a training set
OF_CLASS = {"recall": "positive ", "specificity": "negative "}  # the images that a share is one of
DOUBTS = {  # what a stamp means to the answer
    LEAKY: "no evidence, because the GAN had seen the test images",
    UNVERIFIED: "because leakage into the test part cannot be excluded: what the generator learned from is unknown",
}

Comparison = Any  # a row of `compare`


def set_phrase(training_set: str) -> str:
    """The kinds of images in a training set within a sentence: real, rotated and generated."""
    return join_words([PARTS[part] for part in blocks(training_set)])


def headline(run: Run, comparisons: pd.DataFrame) -> Statement:
    """Do generated images help, by how much, and how sure is that: one sentence for a doctor.

    It rests on clean splits if there are any, and on real+aug+gen against real+aug if that was run.
    """
    if run.scores.empty:
        return Statement(
            "No answer",
            "this run trained no classifier, so it shows what the generated images look like and not whether they "
            "help.",
        )
    chosen = _chosen(list(comparisons.itertuples()))
    if not chosen:
        return Statement(
            "No answer",
            "this run did not train the same classifier with and without generated images, so it cannot say whether "
            "they help.",
        )
    lead = _lead(chosen) + (" on rendered images, which show no real cells" if run.rendered else "")
    if stamp := STAMPS[chosen[0].protocol]:
        lead = f"{stamp}, {DOUBTS[stamp]} – {lead[0].lower()}{lead[1:]}"
    added = f"generated images added to {set_phrase(chosen[0].without)} ones"
    return Statement(lead, f"with {added}, {_clauses(chosen)}; {_how_sure(chosen)}.")


def _chosen(comparisons: Sequence[Comparison]) -> list[Comparison]:
    keys = [(protocol, with_generated) for protocol in STAMPS for with_generated, _ in PAIRS]
    families = ([c for c in comparisons if (c.protocol, c.with_generated) == key] for key in keys)
    return next(filter(None, families), [])


def _lead(chosen: Sequence[Comparison]) -> str:
    named = {v: [classifier_phrase(c.title) for c in chosen if c.result == v] for v in ("gain", "loss", "none")}
    if named["gain"] and named["loss"]:
        return f"Mixed: generated images helped {join_words(named['gain'])} and hurt {join_words(named['loss'])}"
    for verdict, verb in (("gain", "helped"), ("loss", "hurt")):
        if named[verdict]:
            tail = f", with no detectable change for {join_words(named['none'])}" if named["none"] else ""
            return f"Generated images {verb} {join_words(named[verdict])}{tail}"
    return "No detectable gain"


def _clauses(chosen: Sequence[Comparison]) -> str:
    first, *others = chosen
    if _counts_images(first):
        images = f"{OF_CLASS.get(first.metric, '')}test images"
        clauses = [
            f"{classifier_phrase(first.title)} got {_count(first)} of the {first.n} {images} right ({_size(first)})",
            *(f"{classifier_phrase(c.title)} {_count(c)} ({_size(c, short=True)})" for c in others),
        ]
    else:
        clauses = [
            f"{_metric(first)} changed by {points(first.difference)} points for {classifier_phrase(first.title)} "
            f"({_sureness(first)})",
            *(
                f"by {points(c.difference)} for {classifier_phrase(c.title)} ({_sureness(c, short=True)})"
                for c in others
            ),
        ]
    return join_words(clauses)


def _metric(c: Comparison) -> str:
    metric = CLASSIFIER_METRICS[c.metric]
    mean = "mean " if c.splits > 1 else ""
    return f"{mean}{metric.phrase}{', of which less is better,' if metric.lower_is_better else ''}"


def _count(c: Comparison) -> str:
    more = int(c.only_with - c.only_without)
    return f"{abs(more)} {'more' if more > 0 else 'fewer'}" if more else "the same number"


def _size(c: Comparison, short: bool = False) -> str:
    unit = "" if short else " points"
    return f"{points(c.difference)}{unit}, {_sureness(c, short)}"


def _sureness(c: Comparison, short: bool = False) -> str:
    """Interval, and p where something was found; `short` leaves out what the first clause has said."""
    if math.isnan(c.low) and (c.splits == 1 or c.spread > 0):
        return "no interval can be given"
    if math.isnan(c.low):
        what = "training sets" if c.crossed else "splits"
        return f"the same in all {c.splits} {what}, so that no interval can be given"
    text = f"{'' if short else '95% interval '}{interval(c.low, c.high)}"
    if c.result == "none":
        return text
    text += f", p {p_value(c.p_holm)}" if c.p_holm < 0.001 else f", p = {p_value(c.p_holm)}"
    text += f" after correction for {c.family} comparisons" if c.family > 1 and not short else ""
    return text + (", though this cautious interval still includes none" if c.low <= 0 <= c.high else "")


def _how_sure(chosen: Sequence[Comparison]) -> str:
    """What the design can tell; where nothing was found, what could have been."""
    first = chosen[0]
    one = f"one test set of {first.n} images"
    if first.splits == 1:
        told, where = f"this is {one}", f"with {one}"
    elif first.crossed:
        told = f"this is a mean over {first.splits} training sets, all tested on one set of {first.n:,} images"
        where = f"with {first.splits} training sets and one set of {first.n:,} test images"
    else:
        where = f"over {quantity(first.splits, 'split')}"
        told = f"this is a mean {where} of the same images"

    if any(c.result != "none" for c in chosen):
        return f"{told}, and another may say otherwise" if first.splits == 1 else told
    smallest = [c.smallest_detectable for c in chosen if not math.isnan(c.smallest_detectable)]
    if not smallest:
        return f"{one} is too small to show any gain" if _counts_images(first) else told
    if _counts_images(first):
        return f"{where} a gain under {points(smallest[0], sign=False)} points could not have been seen"

    low, high = points(min(smallest), sign=False), points(max(smallest), sign=False)
    size = f"{low} points" if low == high else f"{low} to {high} points, depending on the classifier,"
    return f"{where} a gain under about {size} could not have been seen reliably"


def _counts_images(c: Comparison) -> bool:
    """Whether a comparison is told in images that became right or wrong: a share of one test set."""
    return not math.isnan(c.only_with)
