"""With generated images against without them, on real test images: one test for each classifier and pair of sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal

from leukgan.errors import InputError
from leukgan.reporting.results import CLASSIFIERS, Key, Run, Split
from leukgan.reporting.statistics import (
    ALPHA,
    TestResult,
    corrected_resampled_t,
    holm,
    paired_test,
    smallest_detectable_images,
)

PAIRS = (("real+aug+gen", "real+aug"), ("real+gen", "real"))


@dataclass(frozen=True)
class Comparison:
    """One classifier trained with and without generated images, tested on the same real images.

    Attributes:
        classifier: Its key, such as svm.
        title: What it is called in tables.
        with_generated: Training set with generated images.
        without: The same training set without them.
        leaky: Whether the GAN has seen the test images.
        splits: Number of splits, K.
        n: Real test images, summed over splits.
        accuracy_with: Mean accuracy over splits (fraction).
        accuracy_without: The same without generated images.
        only_with: Images that only the classifier with generated images got right; None for several splits.
        only_without: The other way round.
        result: Difference, interval and p.
        p_holm: p after Holm's correction over the family.
        family: Number of comparisons in the family.
        smallest: The smallest gain that could have been detected (fraction); None where unknown.
    """

    classifier: str
    title: str
    with_generated: str
    without: str
    leaky: bool
    splits: int
    n: int
    accuracy_with: float
    accuracy_without: float
    only_with: int | None
    only_without: int | None
    result: TestResult
    p_holm: float | None
    family: int
    smallest: float | None

    @property
    def verdict(self) -> Literal["gain", "loss", "none"]:
        """What the corrected p allows to say."""
        if self.p_holm is None or self.p_holm >= ALPHA:
            return "none"
        return "gain" if self.result.difference > 0 else "loss"


def compare(run: Run) -> list[Comparison]:
    """Every comparison the run allows, clean ones first; Holm's family is all of the same protocol."""
    found: list[Comparison] = []
    for splits in run.groups():
        family = [
            comparison
            for pair in PAIRS
            for classifier in CLASSIFIERS
            if (comparison := _compare(splits, classifier, *pair, title=run.titles.get(classifier, ""))) is not None
        ]
        adjusted = holm([comparison.result.p for comparison in family])
        found += [
            replace(comparison, p_holm=p, family=len(family)) for comparison, p in zip(family, adjusted, strict=True)
        ]
    return found


def _compare(
    splits: Sequence[Split], classifier: str, with_generated: str, without: str, title: str
) -> Comparison | None:
    first, second = (classifier, with_generated, "real"), (classifier, without, "real")
    both = [split for split in splits if first in split.counts and second in split.counts]
    if not both:
        return None
    discordant = [_discordant(split, first, second) for split in both]
    sizes = [split.counts[first].n for split in both]
    differences = [(b - c) / n for (b, c), n in zip(discordant, sizes, strict=True)]
    only_with, only_without = discordant[0] if len(both) == 1 else (None, None)
    smallest: float | None
    if only_with is not None and only_without is not None:
        result = paired_test(only_with, only_without, sizes[0])
        images = smallest_detectable_images(sizes[0])
        smallest = images / sizes[0] if images else None
    else:
        result = corrected_resampled_t(
            differences, fmean(test / train for train, test in (split.real_images for split in both))
        )
        smallest = None if result.high is None else result.high - result.difference
    return Comparison(
        classifier=classifier,
        title=title,
        with_generated=with_generated,
        without=without,
        leaky=both[0].leaky,
        splits=len(both),
        n=sum(sizes),
        accuracy_with=fmean(split.counts[first].correct / split.counts[first].n for split in both),
        accuracy_without=fmean(split.counts[second].correct / split.counts[second].n for split in both),
        only_with=only_with,
        only_without=only_without,
        result=result,
        p_holm=result.p,
        family=1,
        smallest=smallest,
    )


def _discordant(split: Split, first: Key, second: Key) -> tuple[int, int]:
    """How many images only the first, and only the second, got right."""
    ours, theirs = split.correct[first], split.correct[second]
    if ours.keys() != theirs.keys():
        raise InputError(
            f"{split.folder / 'predictions.csv'}: {first[0]} trained on {first[1]} and on {second[1]} was tested on "
            "different images; run the split again."
        )
    return sum(ours[i] and not theirs[i] for i in ours), sum(theirs[i] and not ours[i] for i in ours)
