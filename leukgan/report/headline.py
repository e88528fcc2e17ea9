"""The answer in one sentence, made from the tests and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from leukgan.presentation.formatting import classifier_phrase, join_words, p_value, points, quantity
from leukgan.presentation.page import Statement
from leukgan.report.comparisons import PAIRS, Comparison
from leukgan.report.results import Run

SETS = {
    "real+aug+gen": "generated images added to real and rotated ones",
    "real+gen": "generated images added to real ones",
}


def headline(run: Run, comparisons: Sequence[Comparison]) -> Statement:
    """Do generated images help, by how much, and how sure is that: one sentence for a doctor.

    It rests on clean splits if there are any, and on real+aug+gen against real+aug if that was run.
    """
    if run.scores.empty:
        return Statement(
            "No answer",
            "this run trained no classifier, so it shows what the generated images look like and not whether they "
            "help.",
        )
    chosen = _chosen(comparisons)
    if not chosen:
        return Statement(
            "No answer",
            "this run did not train the same classifier with and without generated images, so it cannot say whether "
            "they help.",
        )
    lead = _lead(chosen) + (" on rendered images, which show no real cells" if run.rendered else "")
    if chosen[0].leaky:
        lead = f"LEAKY, no evidence, because the GAN had seen the test images – {lead[0].lower()}{lead[1:]}"
    return Statement(lead, f"with {SETS[chosen[0].with_generated]}, {_clauses(chosen)}; {_how_sure(chosen)}.")


def _chosen(comparisons: Sequence[Comparison]) -> list[Comparison]:
    for leaky in (False, True):
        for with_generated, _ in PAIRS:
            chosen = [c for c in comparisons if (c.leaky, c.with_generated) == (leaky, with_generated)]
            if chosen:
                return chosen
    return []


def _lead(chosen: Sequence[Comparison]) -> str:
    named = {v: [classifier_phrase(c.title) for c in chosen if c.verdict == v] for v in ("gain", "loss", "none")}
    if named["gain"] and named["loss"]:
        return f"Mixed: generated images helped {join_words(named['gain'])} and hurt {join_words(named['loss'])}"
    for verdict, verb in (("gain", "helped"), ("loss", "hurt")):
        if named[verdict]:
            tail = f", with no detectable change for {join_words(named['none'])}" if named["none"] else ""
            return f"Generated images {verb} {join_words(named[verdict])}{tail}"
    return "No detectable gain"


def _clauses(chosen: Sequence[Comparison]) -> str:
    first, *others = chosen
    if first.splits == 1:
        clauses = [
            f"{classifier_phrase(first.title)} got {_count(first)} of the {first.n} test images right ({_size(first)})",
            *(f"{classifier_phrase(c.title)} {_count(c)} ({_size(c, short=True)})" for c in others),
        ]
    else:
        clauses = [
            f"mean accuracy changed by {points(first.result.value)} points for {classifier_phrase(first.title)} "
            f"({_sureness(first)})",
            *(
                f"by {points(c.result.value)} for {classifier_phrase(c.title)} ({_sureness(c, short=True)})"
                for c in others
            ),
        ]
    return join_words(clauses)


def _count(c: Comparison) -> str:
    more = (c.only_with or 0) - (c.only_without or 0)
    return f"{abs(more)} {'more' if more > 0 else 'fewer'}" if more else "the same number"


def _size(c: Comparison, short: bool = False) -> str:
    unit = "" if short else " points"
    return f"{points(c.result.value)}{unit}, {_sureness(c, short)}"


def _sureness(c: Comparison, short: bool = False) -> str:
    """Interval, and p where something was found; `short` leaves out what the first clause has said."""
    low, high = c.result.low, c.result.high
    if not c.result.has_interval:
        what = "training sets" if c.multi_reader else "splits"
        return f"the same in all {c.splits} {what}, so that no interval can be given"
    text = f"{'' if short else '95% interval '}{points(low)} to {points(high)}"
    if c.verdict == "none":
        return text
    text += f", p {p_value(c.p_holm)}" if c.p_holm < 0.001 else f", p = {p_value(c.p_holm)}"
    text += f" after correction for {c.family} comparisons" if c.family > 1 and not short else ""
    return text + (", though this cautious interval still includes none" if low <= 0 <= high else "")


def _how_sure(chosen: Sequence[Comparison]) -> str:
    splits, n = chosen[0].splits, chosen[0].n
    smallest = [c.smallest for c in chosen if c.smallest is not None]
    decided = any(c.verdict != "none" for c in chosen)
    if splits == 1 and decided:
        return f"this is one test set of {n} images, and another may say otherwise"
    if splits == 1 and not smallest:
        return f"one test set of {n} images is too small to show any gain"
    if splits == 1:
        size = points(smallest[0], sign=False)
        return f"with one test set of {n} images a gain under {size} points could not have been seen"
    if decided or not smallest:
        if chosen[0].multi_reader:
            return f"this is a mean over {splits} training sets, all tested on one set of {n:,} images"
        return f"this is a mean over {quantity(splits, 'split')} of the same images"
    low, high = points(min(smallest), sign=False), points(max(smallest), sign=False)
    size = f"{low} points" if low == high else f"{low} to {high} points, depending on the classifier,"
    if chosen[0].multi_reader:
        return (
            f"with {splits} training sets and one set of {n:,} test images a gain under about {size} could not have "
            "been seen reliably"
        )
    return f"over {quantity(splits, 'split')} a gain under about {size} could not have been seen reliably"
