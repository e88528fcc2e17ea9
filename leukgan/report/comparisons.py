"""With generated images against without them, on real test images: one test for each classifier and pair of sets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Literal, TypeAlias

import pandas as pd

from leukgan.errors import InputError
from leukgan.presentation.formatting import STAMPS
from leukgan.report.results import Run, Split
from leukgan.statistics.intervals import ALPHA, Estimate
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.multiple_testing import holm
from leukgan.statistics.paired_tests import corrected_resampled_t_test, mcnemar_test
from leukgan.statistics.power import minimum_detectable_effect, minimum_detectable_images

PAIRS = (("real+aug+gen", "real+aug"), ("real+gen", "real"))
TESTED_ON = {"accuracy": (0, 1), "recall": (1,), "specificity": (0,)}  # labels whose images a metric is a share of

ByImage: TypeAlias = "pd.Series[float]"  # one value for each test image, indexed by (image, label)


@dataclass(frozen=True)
class Comparison:
    """One classifier trained with and without generated images, tested on the same real images.

    Attributes:
        metric: What is compared, such as accuracy.
        classifier: Its key, such as svm.
        title: Its name in tables.
        with_generated: Training set with generated images.
        without: The same training set without them.
        protocol: clean, or paper if the GAN has seen the test images.
        splits: Number of splits, K.
        multi_reader: Whether the splits have disjoint training sets and the same test images.
        n: Real test images, summed over splits; those of one split if multi_reader.
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
            pass the corrected test at all, for several what it finds four times of five; None if unknown.
    """

    metric: str
    classifier: str
    title: str
    with_generated: str
    without: str
    protocol: str
    splits: int
    multi_reader: bool
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
    def leaky(self) -> bool:
        """Whether the GAN has seen the test images."""
        return bool(STAMPS[self.protocol])

    @property
    def verdict(self) -> Literal["gain", "loss", "none"]:
        """What the corrected p allows to say."""
        if not self.p_holm < ALPHA:  # nor if p is undefined
            return "none"
        return "gain" if self.result.value > 0 else "loss"


def compare(run: Run, metric: str = "accuracy") -> list[Comparison]:
    """Every comparison of a metric that the run allows, clean ones first; Holm's family is all of the same protocol."""
    comparisons: list[Comparison] = []
    for splits in run.groups():
        every = (_compare(run, splits, metric, classifier, *pair) for pair in PAIRS for classifier in run.titles)
        family = [comparison for comparison in every if comparison is not None]
        adjusted = holm([comparison.result.p for comparison in family])
        comparisons += [
            replace(one, p_holm=p, family=len(family), smallest=_smallest(one, ALPHA / len(family)))
            for one, p in zip(family, adjusted, strict=True)
        ]
    return comparisons


def is_multi_reader(run: Run, splits: Sequence[Split]) -> bool:
    """Whether the splits have disjoint training sets and the same test images: readers who judge the same cases."""
    return (
        len(splits) > 1
        and all(split.provenance["data"].get("own_training_images", False) for split in splits)
        and len({run.tested(split) for split in splits}) == 1
    )


def difference_test(
    run: Run, splits: Sequence[Split], differences: Sequence[float], by_image: Sequence[ByImage] | None
) -> Estimate:
    """Test of a mean difference, by how the splits were drawn.

    One split: exact McNemar test. Several: the multi-reader multi-case t test if they have disjoint training sets and
    the same test images, else the corrected resampled t test.

    Args:
        run: The run.
        splits: Splits of it.
        differences: One for each split.
        by_image: The same for each test image, whose mean a split's difference is; None for what is no share of images:
            there is no test then, except the corrected resampled one.
    """
    if len(splits) > 1 and not is_multi_reader(run, splits):
        ratios = [test / train for train, test in (split.real_images for split in splits)]
        return corrected_resampled_t_test(differences, fmean(ratios))
    if by_image is None:
        return Estimate(fmean(differences))
    if len(splits) > 1:
        return multi_reader_t_test(pd.concat(by_image, axis=1).to_numpy(dtype=float).T)
    (changes,) = by_image
    return mcnemar_test(int((changes == 1).sum()), int((changes == -1).sum()), len(changes))


def result_columns(result: Estimate) -> dict[str, float]:
    """A tested difference as columns of a frame."""
    return {"difference": result.value, "low": result.low, "high": result.high, "p": result.p}


def changes_by_image(
    run: Run, split: Split, classifier: str, training_sets: Sequence[str], *, control: str = ""
) -> ByImage:
    """For each real test image 1 if only the first training set made a correct classifier, -1 if only the second, or 0.

    Raises:
        InputError: The two were tested on different images.
    """
    first, second = (run.correct_by_image[split.name, control, classifier, name, "real"] for name in training_sets)
    if set(first.index) != set(second.index):
        raise InputError(
            f"{split.folder / 'predictions.csv'}: {classifier} trained on {training_sets[0]} and on {training_sets[1]} "
            "was tested on different images; run the split again."
        )
    return (first - second).astype(float)


def _compare(
    run: Run, splits: Sequence[Split], metric: str, classifier: str, with_generated: str, without: str
) -> Comparison | None:
    scores = run.scores[(run.scores["classifier"] == classifier) & (run.scores["test_set"] == "real")]
    pair = (with_generated, without)
    values = [scores[scores["training_set"] == name].set_index("folder")[metric] for name in pair]

    # The splits with scores of both sets; the metric must be defined in all of them.
    both = [split for split in splits if all(split.name in one for one in values)]
    with_it, without_it = ([float(one[split.name]) for split in both] for one in values)
    if not both or any(map(math.isnan, with_it + without_it)):
        return None

    differences = [a - b for a, b in zip(with_it, without_it, strict=True)]
    changes = [changes_by_image(run, split, classifier, pair) for split in both]
    tested_on = TESTED_ON.get(metric, (0, 1))
    changes = [one[one.index.get_level_values("label").isin(tested_on)] for one in changes]
    result = difference_test(run, both, differences, changes if metric in TESTED_ON else None)
    multi_reader = is_multi_reader(run, both)
    countable = len(both) == 1 and metric in TESTED_ON
    return Comparison(
        metric=metric,
        classifier=classifier,
        title=run.titles[classifier],
        with_generated=with_generated,
        without=without,
        protocol=both[0].protocol,
        splits=len(both),
        multi_reader=multi_reader,
        n=len(changes[0]) if multi_reader else sum(map(len, changes)),
        value_with=fmean(with_it),
        value_without=fmean(without_it),
        only_with=int((changes[0] == 1).sum()) if countable else None,
        only_without=int((changes[0] == -1).sum()) if countable else None,
        spread=stdev(differences) if len(both) > 1 else None,
        result=result,
    )


def _smallest(comparison: Comparison, alpha: float) -> float | None:
    error, df = comparison.result.standard_error, comparison.result.df
    if comparison.splits > 1:
        return None if math.isnan(df) else minimum_detectable_effect(error, df, alpha)
    images = minimum_detectable_images(comparison.n, alpha) if comparison.metric in TESTED_ON else None
    return images / comparison.n if images else None
