"""Diversity of a set of images: the mean structural similarity of its pairs; low is varied."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ms_ssim
from torchmetrics.functional.image import structural_similarity_index_measure as ssim

from leukgan.statistics.intervals import Estimate, bootstrap_estimate, mean_over_pairs, resample_counts

IMAGES = 40  # of which all pairs are compared
PAIRS_AT_ONCE = 20
WINDOW = 11  # pixels, of the similarity's Gaussian window
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al., 2003


def pairwise_ssim(images: NDArray[np.uint8], seed: int) -> Estimate:
    """Mean SSIM (Wang et al., 2004) over all pairs of the first 40 images uint8 (N, 3, H, W), N at least 2."""
    return _mean_similarity(images, partial(ssim, data_range=1.0, reduction="none"), seed)


def pairwise_ms_ssim(images: NDArray[np.uint8], seed: int) -> Estimate:
    """Mean MS-SSIM (Wang et al., 2003) over the same pairs; with its published five scales at 256 px, fewer below."""
    # A negative structure term has no real power: relu, as torchmetrics does with normalize.
    weights = scale_weights(images.shape[-1])
    similarity = partial(ms_ssim, data_range=1.0, betas=weights, normalize="relu", reduction="none")
    return _mean_similarity(images, similarity, seed)


def scale_weights(size: int) -> tuple[float, ...]:
    """Weights, with a sum of 1, of the scales that torchmetrics allows: two at 32 px, three at 64, four at 128."""
    scales = max(n for n in range(1, len(SCALE_WEIGHTS) + 1) if size // max(1, n - 1) ** 2 >= WINDOW)
    return tuple(w / sum(SCALE_WEIGHTS[:scales]) for w in SCALE_WEIGHTS[:scales])


def _mean_similarity(images: NDArray[np.uint8], similarity: Callable[..., Any], seed: int) -> Estimate:
    # In channels_last and in small parts the windows' convolutions take a fifth of the time.
    x = torch.from_numpy(images[:IMAGES]).contiguous(memory_format=torch.channels_last).float() / 255
    rows, columns = torch.triu_indices(len(x), len(x), offset=1)
    pairs = zip(rows.split(PAIRS_AT_ONCE), columns.split(PAIRS_AT_ONCE), strict=True)
    values = torch.cat([similarity(x[i], x[j]) for i, j in pairs])

    # All pairs as a symmetric matrix (N, N), with zeros on its diagonal.
    matrix = torch.zeros(len(x), len(x), dtype=torch.float64)
    matrix[rows, columns] = matrix[columns, rows] = values.double()
    return bootstrap_estimate(mean_over_pairs(matrix.numpy(), resample_counts(len(x), seed)))
