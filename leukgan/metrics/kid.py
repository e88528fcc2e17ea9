"""The kernel inception distance of generated images from real ones, for few cells in many views."""

import numpy as np
from numpy.typing import NDArray

from leukgan.data.augmentation import dihedral_views
from leukgan.features import Features
from leukgan.statistics.intervals import Estimate, bootstrap_estimate, mean_over_pairs, resample_counts

AugmentedFeatures = NDArray[np.float64]  # (V, N, F): features of V views of each of N independent images


def seeded_views(images: NDArray[np.uint8], count: int, seed: int) -> NDArray[np.uint8]:
    """About `count` random dihedral views of images (N, 3, H, W), equally many of each: (V, N, 3, H, W), V up to 16.

    If there are more images than `count`, `count` of them are drawn.
    """
    source = np.random.default_rng(seed)
    cells = images[source.permutation(len(images))[:count]]
    views = dihedral_views(cells)  # (16, N, 3, H, W)
    orders = source.permuted(np.tile(np.arange(16), (len(cells), 1)), axis=1)  # (N, 16)
    chosen = orders[:, : min(16, -(-count // len(cells)))].T  # (V, N)
    return views[chosen, np.arange(len(cells))]


def extract_view_features(features: Features, views: NDArray[np.uint8]) -> AugmentedFeatures:
    """Features (V, N, F) of views uint8 (V, N, 3, H, W)."""
    return features(views.reshape(-1, *views.shape[2:])).reshape(*views.shape[:2], -1)


def kernel_distance(real: AugmentedFeatures, fake: AugmentedFeatures, seed: int) -> Estimate:
    """The kernel inception distance (Binkowski et al., 2018) of two sets, each of its images in one view or more.

    The squared maximum mean discrepancy with the kernel (x.y / F + 1)^3 between the distribution of generated images
    and that of real cells in any of their sixteen views, estimated without bias (Gretton et al., 2012, eq. 3), so a
    single value may lie below 0. Whole sets are the mean over all subsets of any size.

    Two views of one cell are no independent draws: their pair never enters the sum. Where all views count as cells of
    their own (torchmetrics), the estimate is too high by far more than the differences of interest. The interval is
    over other draws of cells and generated images, not over training seeds.
    """
    real_counts, fake_counts = resample_counts(real.shape[1], seed), resample_counts(fake.shape[1], seed + 1)

    # Pairs of two images of one set, without two views of one image; then pairs across the sets.
    within_real = mean_over_pairs(cell_kernel(real, real), real_counts)
    within_fake = mean_over_pairs(cell_kernel(fake, fake), fake_counts)
    between = ((real_counts @ cell_kernel(real, fake)) * fake_counts).sum(1) / (real.shape[1] * fake.shape[1])
    return bootstrap_estimate(within_real + within_fake - 2 * between)


def cell_kernel(first: AugmentedFeatures, second: AugmentedFeatures) -> NDArray[np.float64]:
    """The kernel's mean over the views of each pair of images (V, N, F) and (W, M, F): (N, M)."""
    (views, count, size), (other_views, other_count, _) = first.shape, second.shape
    products = first.reshape(-1, size) @ second.reshape(-1, size).T
    kernel: NDArray[np.float64] = (products / size + 1) ** 3
    return kernel.reshape(views, count, other_views, other_count).mean((0, 2))
