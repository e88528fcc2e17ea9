"""Studies of training sets crossed with test images, whose truth is known; run as a program, how often tests err."""

import sys
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from leukgan.statistics.intervals import Estimate
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.paired_tests import corrected_resampled_t_test

Differences = NDArray[np.float64]  # (K, N): 1 where only the first classifier is right, -1 where only the second
Test = Callable[[Differences], Estimate]

EFFECTS = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.2), (0.3, 0.05), (0.5, 0.2))  # of images, and of training sets
N_TRAIN = 200


def crossed_studies(
    count: int, sets: int, n: int, images: float, training: float, shift: float
) -> Iterator[Differences]:
    """Two classifiers that share how hard an image is, and each have a liking for images and luck with training sets.

    There are K `sets` and N = `n` test images. `images` is the standard deviation of a classifier's effect on an image,
    with every training set, and `training` that of a training set's effect on a classifier, on every image. The first
    classifier is better by `shift`.
    """
    rng = np.random.default_rng(0)
    for _ in range(count):
        ease = 1 + rng.normal(0, 1, n)
        first, second = (
            ease + rng.normal(0, images, n) + rng.normal(0, training, (sets, 1)) + rng.normal(0, 0.5, (sets, n))
            for _ in range(2)
        )
        yield (first + shift > 0).astype(np.float64) - (second > 0)


def true_gain(images: float, training: float, shift: float) -> float:
    """The difference of accuracies over all training sets and images."""
    deviation = np.sqrt(1 + images**2 + training**2 + 0.25)
    return float(norm.cdf((1 + shift) / deviation) - norm.cdf(1 / deviation))


def sets_alone_test(differences: Differences) -> Estimate:
    """The t test over training sets, as if the test images were all there are."""
    return corrected_resampled_t_test(differences.mean(axis=1).tolist(), 0.0)


def resampled_test(differences: Differences) -> Estimate:
    """The corrected resampled t test, made for splits of one small set."""
    return corrected_resampled_t_test(differences.mean(axis=1).tolist(), differences.shape[1] / N_TRAIN)


TESTS: dict[str, Test] = {"crossed": multi_reader_t_test, "sets alone": sets_alone_test, "resampled": resampled_test}


def miss_rate(test: Test, truth: float, studies: Iterable[Differences]) -> float:
    """How often the 95% interval leaves out the truth; without a true gain these are the false alarms."""
    results = map(test, studies)
    return float(np.mean([r.has_interval and not r.low <= truth <= r.high for r in results]))


def detection_rate(test: Test, studies: Iterable[Differences]) -> float:
    """How often a gain is found."""
    return float(np.mean([result.low > 0 for result in map(test, studies)]))


def main(count: int = 2000, n: int = 1000) -> None:
    """Write a line for each number of training sets and each pair of effects: false alarms and gains found."""
    sys.stdout.write(f"{count} studies, {n} test images; per row: training sets, effect of images, of training sets\n")
    for sets in (2, 3, 5, 10):
        for effects in EFFECTS:
            alarms = "  ".join(
                f"{name} {miss_rate(test, 0.0, crossed_studies(count, sets, n, *effects, 0.0)):6.1%}"
                for name, test in TESTS.items()
            )
            found = "  ".join(
                f"{detection_rate(test, crossed_studies(count, sets, n, *effects, 0.15)):6.1%}"
                for test in TESTS.values()
            )
            gain = 100 * true_gain(*effects, 0.15)
            sys.stdout.write(
                f"{sets:3} {effects[0]:4} {effects[1]:5} | false alarms {alarms} | a gain of {gain:.1f} points found "
                f"{found}\n"
            )


if __name__ == "__main__":
    main()
