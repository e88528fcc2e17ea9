"""Power: the smallest gain that a study could find, told before its results are known."""

from collections.abc import Sequence

from leukgan.presentation.formatting import join_words, points
from leukgan.presentation.page import Statement
from leukgan.report.comparisons import PAIRS
from leukgan.statistics.intervals import ALPHA
from leukgan.statistics.multi_reader import expected_standard_error
from leukgan.statistics.paired_tests import corrected_standard_error
from leukgan.statistics.power import POWER, disagreement_spread, minimum_detectable_effect, minimum_detectable_images

DISAGREEMENTS = (0.05, 0.1, 0.2)  # shares of the test images on which two trainings of a classifier may differ
SPREADS = (0.005, 0.01, 0.02)  # standard deviations that the true gain may have over training sets
TOO_FEW = "which are too few to show any gain"
CHANGED = 0.1  # share of the test images whose answer changes, for which SPREADS are told


def count_comparisons(classifiers: Sequence[str], training_sets: Sequence[str]) -> int:
    """Number of comparisons with and without generated images that a study makes: the family of Holm's correction."""
    return len(classifiers) * sum(set(pair) <= set(training_sets) for pair in PAIRS)


def minimum_detectable_gains(
    splits: int, n_test: int, n_train: int, family: int, *, disjoint_training_sets: bool = False
) -> list[float] | None:
    """The smallest gains of accuracy (fractions) that a design can find, before anything is known of the results.

    One split: the least that can pass the corrected exact test at all, or None if nothing can. Several: what the
    corrected t test finds with 80% power, for each share of DISAGREEMENTS, if chance lies in the choice of test images
    alone; or, with disjoint training sets and the same test images, what the multi-reader multi-case t test finds, for
    each of SPREADS. `n_test` and `n_train` are images of a split; `family`, from 1, is the comparisons corrected for.
    """
    if splits == 1:
        images = minimum_detectable_images(n_test, ALPHA / family)
        return [images / n_test] if images else None
    if disjoint_training_sets:
        errors = [expected_standard_error(splits, n_test, spread, CHANGED) for spread in SPREADS]
    else:
        spreads = [disagreement_spread(share, n_test) for share in DISAGREEMENTS]
        errors = [(corrected_standard_error(spread, splits, n_test / n_train), splits - 1) for spread in spreads]
    return [minimum_detectable_effect(error, df, ALPHA / family) for error, df in errors]


def describe_power(
    splits: int, n_test: int, n_train: int, family: int, *, disjoint_training_sets: bool = False
) -> Statement:
    """What the design could detect, in a sentence; arguments as of `minimum_detectable_gains`."""
    gains = minimum_detectable_gains(splits, n_test, n_train, family, disjoint_training_sets=disjoint_training_sets)
    corrected = f" after correction for {family} comparisons" if family > 1 else ""
    sizes = [points(gain, sign=False) for gain in gains or ()]
    if splits == 1:
        which = f"where a gain under {sizes[0]} points of accuracy cannot be seen" if sizes else TOO_FEW
        return Statement("Design", f"one split with {n_test} test images, {which}{corrected}.")

    found = (
        f"a gain of {join_words(sizes, last='or')} points of accuracy is found with {POWER:.0%} power{corrected}, "
        "and smaller ones less often."
    )
    if disjoint_training_sets:
        spreads = join_words([points(spread, sign=False) for spread in SPREADS], last="or")
        text = (
            f"{splits} training sets of {n_train:,} real images each, one set of {n_test:,} test images; where "
            f"the gain varies between training sets by {spreads} points (standard deviation), and generated images "
            f"change a classifier's answer on {CHANGED:.0%} of the test images, at worst on the same ones every time, "
        )
    else:
        shares = join_words([f"{share:.0%}" for share in DISAGREEMENTS], last="or")
        text = (
            f"{splits} splits with {n_test} test and {n_train} real training images; where generated images change "
            f"a classifier's answer on {shares} of the test images, "
        )
    return Statement("Design", text + found)
