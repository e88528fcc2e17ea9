"""Studies of a crossed design whose truth is known; run as a program, how often the tests err in them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from leukgan.statistics.intervals import Estimate
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.paired_tests import corrected_resampled_t_test

Differences = NDArray[np.float64]  # (K, N)
N_TRAIN = 200


def studies(count: int, sets: int, n: int, images: float, training: float, shift: float) -> Iterator[Differences]:
    """Two classifiers that share how hard an image is, and each have a liking for images and luck with training sets.

    Args:
        count: Number of studies.
        sets: Training sets, K.
        n: Test images, N.
        images: Standard deviation of what a classifier makes of an image, with every training set.
        training: Standard deviation of what a training set makes of a classifier, on every image.
        shift: How much better the first is.
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


def by_sets_alone(differences: Differences) -> Estimate:
    """The t test over training sets, as if the test images were all there are."""
    return corrected_resampled_t_test(differences.mean(axis=1).tolist(), 0.0)


def resampled(differences: Differences) -> Estimate:
    """The corrected resampled t test, made for splits of one small set."""
    return corrected_resampled_t_test(differences.mean(axis=1).tolist(), differences.shape[1] / N_TRAIN)


TESTS: dict[str, Callable[[Differences], Estimate]] = {
    "crossed": multi_reader_t_test,
    "sets alone": by_sets_alone,
    "resampled": resampled,
}
EFFECTS = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.2), (0.3, 0.05), (0.5, 0.2))  # of images, and of training sets


def misses(test: Callable[[Differences], Estimate], truth: float, drawn: Iterator[Differences]) -> float:
    """How often the 95% interval leaves out the truth; without a true gain these are the false alarms."""
    results = [test(differences) for differences in drawn]
    return float(np.mean([r.has_interval and not r.low <= truth <= r.high for r in results]))


def found(test: Callable[[Differences], Estimate], drawn: Iterator[Differences]) -> float:
    """How often a gain is found."""
    results = [test(differences) for differences in drawn]
    return float(np.mean([r.low > 0 for r in results]))


def main(count: int = 2000, n: int = 1000) -> None:
    write = sys.stdout.write
    write(f"{count} studies, {n} test images; per row: training sets, effect of images, of training sets\n")
    for sets in (2, 3, 5, 10):
        for images, training in EFFECTS:
            rates = {
                name: misses(test, 0.0, studies(count, sets, n, images, training, 0)) for name, test in TESTS.items()
            }
            gain = true_gain(images, training, 0.15)
            power = {name: found(test, studies(count, sets, n, images, training, 0.15)) for name, test in TESTS.items()}
            write(f"{sets:3} {images:4} {training:5} | false alarms ")
            write("  ".join(f"{name} {rate:6.1%}" for name, rate in rates.items()))
            write(
                f" | a gain of {100 * gain:.1f} points found " + "  ".join(f"{p:6.1%}" for p in power.values()) + "\n"
            )


if __name__ == "__main__":
    main()
