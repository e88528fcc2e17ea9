"""The test of a crossed design: training sets of their own, each tested on the same images, both drawn by chance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leukgan.statistics.hypothesis_tests import TestResult, t_result

FEW_SETS = 5  # below, their mean square is too uncertain for Hillis' degrees of freedom


def crossed_t(differences: NDArray[np.float64]) -> TestResult:
    """The t test of a mean difference with training sets and test images both random (two-way random effects).

    It is the analysis of studies in which several readers judge the same cases, with training sets as readers (Dorfman,
    Berbaum and Metz, 1992; degrees of freedom of Hillis, 2007). Below `FEW_SETS` training sets it takes K - 1 degrees
    of freedom, as Hillis' would let false alarms rise.

    Where the mean is equal for all training sets there is no variance to judge from: interval and p are undefined.

    Args:
        differences: Of each training set on each image (K, N), such as one where only the first classifier is right, -1
            where only the second is, and else 0; K and N at least 2.
    """
    k, n = differences.shape
    mean = float(differences.mean())
    by_set, by_image = differences.mean(axis=1), differences.mean(axis=0)  # (K,), (N,)
    if np.ptp(by_set) < 1e-12:
        return TestResult(mean, None, None, None)
    residual = differences - by_set[:, None] - by_image + mean  # (K, N)
    of_sets, of_images = n * by_set.var(ddof=1), k * by_image.var(ddof=1)
    of_residual = np.square(residual).sum() / ((k - 1) * (n - 1))
    beyond = max(of_images - of_residual, 0.0)  # what images add; a variance is not negative
    return t_result(mean, math.sqrt((of_sets + beyond) / (n * k)), freedom(of_sets, beyond, k))


def freedom(of_sets: float, beyond: float, sets: int) -> float:
    """Degrees of freedom of the mean in a crossed design (Hillis, 2007), or K - 1 for few training sets.

    Args:
        of_sets: Mean square of the training sets, above 0.
        beyond: What the mean square of the images has beyond the residual's, at least 0.
        sets: Number of training sets, K.
    """
    return float((sets - 1) * (1 + beyond / of_sets) ** 2) if sets >= FEW_SETS else sets - 1


def expected_error(sets: int, n_test: int, spread: float, share: float) -> tuple[float, float]:
    """Standard error of the mean difference that a crossed design can expect, and its degrees of freedom.

    At worst the generated images change the answers on the same test images with every training set, so that more
    training sets don't even it out; this is what is taken here.

    Args:
        sets: Number of training sets, K.
        n_test: Test images.
        spread: Standard deviation of the true gain over training sets, above 0.
        share: Of the test images on which two trainings disagree.
    """
    of_sets, beyond = spread**2, sets * share / n_test  # mean squares over n_test
    return math.sqrt((of_sets + beyond) / sets), freedom(of_sets, beyond, sets)
