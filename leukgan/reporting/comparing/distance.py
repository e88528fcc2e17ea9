"""How far generated images are from real ones: the kernel inception distance, made for few cells in many views."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukgan.classification.vgg16 import VGG16Features
from leukgan.data.orbit import orbit
from leukgan.errors import InputError

CHANNELS = 512  # of VGG16's last block
HALVES = 500  # random halves that the standard error is taken from

Features = NDArray[np.float64]  # (V, N, F): V views of each of N independent images
Kernel = NDArray[np.float64]


class Distance(NamedTuple):
    """A kernel distance and its standard error."""

    value: float
    error: float


class PooledVGG16:
    """What VGG16's last block sees in an image, averaged over places and scaled to the length of sqrt(512).

    The length makes the kernel's values run from 1 to 8, whatever the weights, so that no single image decides.

    Args:
        weights: As the classifier's: imagenet, random, or a file.

    Raises:
        InputError: The weights cannot be had.
    """

    def __init__(self, weights: str) -> None:
        try:
            self.base = VGG16Features(weights).fit()
        except InputError as error:
            raise InputError(str(error).replace("classifier.weights", "weights")) from None
        stem = weights if weights in ("imagenet", "random") else Path(weights).stem.removeprefix("vgg16_")
        self.name = f"vgg16_{stem}"

    def __call__(self, views: NDArray[np.uint8]) -> Features:
        """Features (V, N, 512) of images uint8 (V, N, 3, H, W)."""
        flat = self.base.transform(views.reshape(-1, *views.shape[2:]))  # (V*N, 512 * h*w)
        pooled = flat.reshape(len(flat), CHANNELS, -1).mean(2, dtype=np.float64)
        length = np.linalg.norm(pooled, axis=1, keepdims=True)
        scaled: Features = pooled / np.maximum(length, 1e-12) * np.sqrt(CHANNELS)
        return scaled.reshape(*views.shape[:2], CHANNELS)


def seeded_views(images: NDArray[np.uint8], count: int, seed: int) -> NDArray[np.uint8]:
    """About `count` members of the orbits of some images: as many of each image, which ones is drawn.

    Args:
        images: uint8 (N, 3, H, W); of more than `count` of them, so many are drawn.
        count: How many members.
        seed: Of what is drawn.

    Returns:
        uint8 (V, N, 3, H, W) with V at most 16.
    """
    source = np.random.default_rng(seed)
    cells = images[source.permutation(len(images))[:count]]
    members = orbit(cells)  # (16, N, 3, H, W)
    orders = source.permuted(np.tile(np.arange(16), (len(cells), 1)), axis=1)  # (N, 16)
    chosen = orders[:, : min(16, -(-count // len(cells)))].T  # (V, N)
    return members[chosen, np.arange(len(cells))]


def kernel_distance(real: Features, fake: Features, seed: int) -> Distance:
    """The kernel inception distance (Binkowski et al., 2018) of two sets, each of its images in one view or more.

    It is the squared maximum mean discrepancy with the kernel (x.y / F + 1)^3 between the distribution of generated
    images and that of real cells in any of their sixteen views, estimated without bias: its mean is 0 where the two
    are the same, so that a single value may lie below 0. Two views of one cell are no independent draws and look
    alike; a pair of them never enters the sum, where the usual estimate (also torchmetrics'), given all views as if
    each were a cell of its own, takes them in and is too high by far more than the differences it is asked for. The
    held-out cells remain few: the standard error says what another draw of cells and of generated images would have
    changed. It is the spread over random halves of both sets, whose variance is the whole sets' (what the half gains
    by its size it loses by being drawn without replacement). It does not contain the luck of a training's seed, and
    for GANs measured on the same cells it is largely common to all of them.

    Args:
        real: Features (V, N, F) of V views of each of N images.
        fake: Features (W, M, F).
        seed: Of the halves.
    """
    kernels = cell_kernel(real, real), cell_kernel(fake, fake), cell_kernel(real, fake)
    source = np.random.default_rng(seed)
    halves = [
        discrepancy(*kernels, *(source.permutation(n)[: max(2, n // 2)] for n in (real.shape[1], fake.shape[1])))
        for _ in range(HALVES)
    ]
    return Distance(discrepancy(*kernels), float(np.std(halves)))


def cell_kernel(first: Features, second: Features) -> Kernel:
    """The kernel's mean over the views of each pair of images (V, N, F) and (W, M, F): (N, M)."""
    (views, count, size), (other_views, other_count, _) = first.shape, second.shape
    products = first.reshape(-1, size) @ second.reshape(-1, size).T
    kernel: Kernel = (products / size + 1) ** 3
    return kernel.reshape(views, count, other_views, other_count).mean((0, 2))


def discrepancy(
    within_real: Kernel,
    within_fake: Kernel,
    between: Kernel,
    real: NDArray[np.int64] | None = None,
    fake: NDArray[np.int64] | None = None,
) -> float:
    """The unbiased estimate of the squared maximum mean discrepancy (Gretton et al., 2012, eq. 3).

    Args:
        within_real: Kernel (N, N) of real images.
        within_fake: Kernel (M, M) of fake images.
        between: Kernel (N, M).
        real: Which real images count; all by default.
        fake: Which fake images count.
    """
    rows = np.arange(len(within_real)) if real is None else real
    columns = np.arange(len(within_fake)) if fake is None else fake
    parts = within_real[np.ix_(rows, rows)], within_fake[np.ix_(columns, columns)]
    means = [(part.sum() - part.trace()) / (len(part) * (len(part) - 1)) for part in parts]
    return float(sum(means) - 2 * between[np.ix_(rows, columns)].mean())
