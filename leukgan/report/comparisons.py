"""With generated images against without them, on real test images: one test for each classifier and pair of sets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Literal

from leukgan.errors import InputError
from leukgan.report.over_splits import ByImage, crossed, result_over_splits
from leukgan.report.results import CLASSIFIERS, Key, Run, Split
from leukgan.statistics.intervals import ALPHA, Estimate
from leukgan.statistics.multiple_testing import holm
from leukgan.statistics.paired_tests import mcnemar_test
from leukgan.statistics.power import minimum_detectable_effect, minimum_detectable_images

PAIRS = (("real+aug+gen", "real+aug"), ("real+gen", "real"))
TESTED_ON = {
    "accuracy": (0, 1),
    "recall": (1,),
    "specificity": (0,),
}  # metrics that are shares of the images of classes


@dataclass(frozen=True)
class Comparison:
    """One classifier trained with and without generated images, tested on the same real images.

    Attributes:
        metric: What is compared, such as accuracy.
        classifier: Its key, such as svm.
        title: What it is called in tables.
        with_generated: Training set with generated images.
        without: The same training set without them.
        leaky: Whether the GAN has seen the test images.
        splits: Number of splits, K.
        crossed: Whether the splits cross training images of their own with one set of test images.
        n: Real test images, summed over splits; those of one split where it is crossed.
        value_with: Mean of the metric over splits (fraction).
        value_without: The same without generated images.
        only_with: Images that only the classifier with generated images got right; None for several splits, and for
            metrics that are no share of images.
        only_without: The other way round.
        spread: Standard deviation of the difference over splits; None for one split.
        result: Difference, interval and p.
        p_holm: p after Holm's correction over the family.
        family: Number of comparisons in the family.
        smallest: The smallest gain that this design could have called one (fraction): for one split the least that can
            pass the corrected test at all, for several what it finds four times of five; None where unknown.
    """

    metric: str
    classifier: str
    title: str
    with_generated: str
    without: str
    leaky: bool
    splits: int
    crossed: bool
    n: int
    value_with: float
    value_without: float
    only_with: int | None
    only_without: int | None
    spread: float | None
    result: Estimate
    p_holm: float = math.nan
    family: int = 1
    smallest: float | None = None

    @property
    def verdict(self) -> Literal["gain", "loss", "none"]:
        """What the corrected p allows to say."""
        if not self.p_holm < ALPHA:  # nor where p is undefined
            return "none"
        return "gain" if self.result.value > 0 else "loss"


def compare(run: Run, metric: str = "accuracy") -> list[Comparison]:
    """Every comparison of a metric that the run allows, clean ones first; Holm's family is all of the same protocol."""
    found: list[Comparison] = []
    for splits in run.groups():
        family = [
            comparison
            for pair in PAIRS
            for classifier in CLASSIFIERS
            if (comparison := _compare(splits, metric, classifier, *pair, title=run.titles.get(classifier, "")))
            is not None
        ]
        adjusted = holm([comparison.result.p for comparison in family])
        found += [
            replace(one, p_holm=p, family=len(family), smallest=_smallest(one, ALPHA / len(family)))
            for one, p in zip(family, adjusted, strict=True)
        ]
    return found


def _compare(
    splits: Sequence[Split], metric: str, classifier: str, with_generated: str, without: str, title: str
) -> Comparison | None:
    first, second = (classifier, with_generated, "real"), (classifier, without, "real")
    both = [split for split in splits if first in split.counts and second in split.counts]
    with_it, without_it = ([split.counts[key].metrics()[metric] for split in both] for key in (first, second))
    if not both or any(map(math.isnan, with_it + without_it)):
        return None
    differences = [a - b for a, b in zip(with_it, without_it, strict=True)]
    by_image = [_by_image(split, first, second, TESTED_ON.get(metric, (0, 1))) for split in both]
    is_crossed = crossed(both)
    only_with, only_without = None, None
    if len(both) > 1:
        result = result_over_splits(both, differences, by_image if metric in TESTED_ON else None)
    elif metric in TESTED_ON:
        changes = list(by_image[0].values())
        only_with, only_without = changes.count(1), changes.count(-1)
        result = mcnemar_test(only_with, only_without, len(changes))
    else:
        result = Estimate(differences[0])
    return Comparison(
        metric=metric,
        classifier=classifier,
        title=title,
        with_generated=with_generated,
        without=without,
        leaky=both[0].leaky,
        splits=len(both),
        crossed=is_crossed,
        n=len(by_image[0]) if is_crossed else sum(len(changes) for changes in by_image),
        value_with=fmean(with_it),
        value_without=fmean(without_it),
        only_with=only_with,
        only_without=only_without,
        spread=stdev(differences) if len(both) > 1 else None,
        result=result,
    )


def _smallest(comparison: Comparison, alpha: float) -> float | None:
    error, df = comparison.result.standard_error, comparison.result.df
    if comparison.splits > 1:
        return None if math.isnan(df) else minimum_detectable_effect(error, df, alpha)
    images = minimum_detectable_images(comparison.n, alpha) if comparison.metric in TESTED_ON else None
    return images / comparison.n if images else None


def _by_image(split: Split, first: Key, second: Key, labels: Sequence[int]) -> ByImage:
    """For each image of these classes 1 where only the first got it right, -1 where only the second did, else 0."""
    ours, theirs = split.correct[first], split.correct[second]
    if ours.keys() != theirs.keys():
        raise InputError(
            f"{split.folder / 'predictions.csv'}: {first[0]} trained on {first[1]} and on {second[1]} was tested on "
            "different images; run the split again."
        )
    return {image: ours[image] - theirs[image] for image in ours if image[1] in labels}
