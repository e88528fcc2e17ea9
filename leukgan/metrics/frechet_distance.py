"""The Frechet inception distance, for comparison with papers that report it."""

import numpy as np
from numpy.typing import NDArray


def frechet_distance(real: NDArray[np.float64], fake: NDArray[np.float64]) -> float:
    """The squared Frechet distance of two normal distributions fitted to features (Heusel et al., 2017).

    Not comparable: with fewer images than features its bias exceeds the differences of interest and depends on the
    number of images, and other features than the Inception network's give other numbers.
    """
    difference = real.mean(0) - fake.mean(0)
    first, second = (np.cov(x, rowvar=False) for x in (real, fake))
    # The product of the covariances has the eigenvalues of this symmetric matrix, whose roots are real.
    values, axes = np.linalg.eigh(first)
    root = (axes * np.sqrt(values.clip(0))) @ axes.T
    product = np.linalg.eigvalsh(root @ second @ root)
    return float(difference @ difference + np.trace(first) + np.trace(second) - 2 * np.sqrt(product.clip(0)).sum())
