"""How much alike the images of a set are: the mean structural similarity of its pairs; low is varied."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ms_ssim
from torchmetrics.functional.image import structural_similarity_index_measure as ssim

from leukgan.statistics.bootstrap import Numbers, bootstrap_estimate, mean_over_pairs, resample_counts
from leukgan.statistics.intervals import Estimate

IMAGES = 40  # all pairs of so many are compared
PAIRS_AT_ONCE = 130
WINDOW = 11  # pixels, of the similarity's Gaussian window
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al., 2003


def diversity(images: NDArray[np.uint8], seed: int) -> dict[str, Estimate]:
    """Mean SSIM (Wang et al., 2004) and MS-SSIM (Wang et al., 2003) over all pairs of the first images.

    MS-SSIM takes as many of the five scales as the image's size allows, with their weights brought to a sum of one;
    at 256 px it is the published one.

    Args:
        images: uint8 (N, 3, H, W), N at least 2, in no particular order: the first 40 are taken.
        seed: Of the resamples.
    """
    x = torch.from_numpy(images[:IMAGES]).float() / 255
    weights = weights_of(x.shape[-1])
    counts = resample_counts(len(x), seed)

    def multiscale(first: Tensor, second: Tensor) -> Tensor:
        # A negative structure term has no real power: relu, as torchmetrics does with normalize.
        return ms_ssim(first, second, data_range=1.0, betas=weights, normalize="relu", reduction="none")

    def single(first: Tensor, second: Tensor) -> Tensor:
        found = ssim(first, second, data_range=1.0, reduction="none")
        assert isinstance(found, Tensor)
        return found

    return {
        name: bootstrap_estimate(mean_over_pairs(similarities(x, similarity), counts))
        for name, similarity in (("ssim", single), ("ms_ssim", multiscale))
    }


def weights_of(size: int) -> tuple[float, ...]:
    """The weights of as many scales as torchmetrics allows at this size: two at 32 px, three at 64, four at 128."""
    scales = max(n for n in range(1, len(SCALE_WEIGHTS) + 1) if size // max(1, n - 1) ** 2 >= WINDOW)
    return tuple(w / sum(SCALE_WEIGHTS[:scales]) for w in SCALE_WEIGHTS[:scales])


def similarities(images: Tensor, similarity: object) -> Numbers:
    """The similarity of each pair (N, N); the diagonal is left at zero."""
    rows, columns = torch.triu_indices(len(images), len(images), offset=1)
    pairs = zip(rows.split(PAIRS_AT_ONCE), columns.split(PAIRS_AT_ONCE), strict=True)
    values = torch.cat([similarity(images[i], images[j]) for i, j in pairs])  # type: ignore[operator]
    matrix = torch.zeros(len(images), len(images), dtype=torch.float64)
    matrix[rows, columns] = matrix[columns, rows] = values.double()
    return matrix.numpy()
