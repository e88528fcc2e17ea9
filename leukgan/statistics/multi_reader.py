"""Multi-reader multi-case analysis: several training sets (readers), all tested on the same images (cases)."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from leukgan.statistics.intervals import Estimate
from leukgan.statistics.paired_tests import t_test

CAUTION = 0.75  # confidence of the upper limit of what training sets with common images vary by
FEW_SETS = 5  # below, their mean square is too uncertain for Hillis' degrees of freedom


def multi_reader_t_test(differences: NDArray[np.float64], overlap: float = 0.0) -> Estimate:
    """The t test of a mean difference with training sets and test images both random (two-way random effects).

    The analysis of studies in which several readers judge the same cases, with training sets as readers (Dorfman,
    Berbaum and Metz, 1992; degrees of freedom of Hillis, 2007, or K - 1 below `FEW_SETS`, where Hillis' let false
    alarms rise). If the mean or the images are equal for all training sets, interval and p are undefined.

    Training sets that have a share of their images in common vary less among each other than those of other patients
    would. What training images add up to correlates as the share r that two sets have in common: beside s^2 / K, with
    s^2 as seen between K sets, the variance of the mean has a part s^2 r / (1 - r) that no number of sets makes
    smaller. As few sets tell s^2 badly, that part takes its upper limit of 75% confidence, less the residual.

    Args:
        differences: (K, N), for each training set and image 1 if only the first classifier is right, -1 if only the
            second is, and else 0; K and N at least 2.
        overlap: Mean share of its images that a training set has in common with another, from 0 to 1.
    """
    k, n = differences.shape
    mean = float(differences.mean())
    set_means, image_means = differences.mean(axis=1), differences.mean(axis=0)  # (K,), (N,)
    if np.ptp(set_means) < 1e-12 or overlap >= 1:
        return Estimate(mean)

    # Mean squares of the two-way table.
    residuals = differences - set_means[:, None] - image_means + mean  # (K, N)
    set_square, image_square = n * set_means.var(ddof=1), k * image_means.var(ddof=1)
    residual_square = np.square(residuals).sum() / ((k - 1) * (n - 1))

    # What images, and what common training images, add beyond the residual; a variance is not negative.
    excess = max(image_square - residual_square, 0.0)
    highest = set_square * (k - 1) / float(chi2.ppf(1 - CAUTION, k - 1))
    set_square += k * overlap / (1 - overlap) * max(highest - residual_square, 0.0)
    return t_test(mean, math.sqrt((set_square + excess) / (n * k)), degrees_of_freedom(set_square, excess, k))


def degrees_of_freedom(set_square: float, excess: float, sets: int) -> float:
    """Degrees of freedom of the mean difference (Hillis, 2007), or K - 1 for few training sets.

    `set_square` is the mean square of the K training sets, `excess` that of the images beyond the residual's.
    """
    return float((sets - 1) * (1 + excess / set_square) ** 2) if sets >= FEW_SETS else sets - 1


def expected_standard_error(sets: int, n_test: int, spread: float, share: float) -> tuple[float, float]:
    """Standard error of the mean difference that a design can expect, and its degrees of freedom.

    The worst case: the generated images change the answers on the same test images with every training set. `spread`,
    above 0, is the standard deviation of the true gain over training sets, `share` that of the test images on which two
    trainings disagree.
    """
    set_square, excess = spread**2, sets * share / n_test  # mean squares over n_test
    return math.sqrt((set_square + excess) / sets), degrees_of_freedom(set_square, excess, sets)
