"""The registry of metrics of image quality: name, label, direction, what it needs, and the function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukgan.metrics.diversity import pairwise_ms_ssim, pairwise_ssim
from leukgan.metrics.frechet_distance import frechet_distance
from leukgan.metrics.kid import AugmentedFeatures, kernel_distance
from leukgan.metrics.precision_recall import Vectors, choose_neighbours, coverage, density, precision, recall
from leukgan.metrics.two_sample import power_spectra, thumbnails, two_sample_auroc
from leukgan.statistics.intervals import Estimate

Direction = Literal["lower", "higher", "as real"]

ARROWS: dict[Direction, str] = {"lower": "↓", "higher": "↑", "as real": "="}


@dataclass(frozen=True)
class ImageSet:
    """V views of each of N images, and their features."""

    pixels: NDArray[np.uint8]  # (V, N, 3, H, W)
    features: AugmentedFeatures  # (V, N, F)

    def __len__(self) -> int:
        return self.pixels.shape[1]


@dataclass(frozen=True)
class Comparison:
    """What a metric compares: candidates, such as generated images, with real test images.

    A metric whose value depends on the number of candidates takes `count` of them; `seed` draws its resamples.
    """

    real: ImageSet
    candidates: ImageSet
    count: int
    seed: int

    @property
    def real_features(self) -> Vectors:
        """Features (N, F) of the real images in one view."""
        return self.real.features[0]

    @property
    def candidate_features(self) -> Vectors:
        """Features (count, F) of the first candidates in one view."""
        return self.candidates.features[0, : self.count]

    @property
    def candidate_pixels(self) -> NDArray[np.uint8]:
        """Pixels uint8 (count, 3, H, W) of the first candidates in one view."""
        return self.candidates.pixels[0, : self.count]

    @property
    def neighbours(self) -> int:
        """The k of metrics that look at the k-th nearest neighbour."""
        return choose_neighbours(min(len(self.real), self.count))


Compute = Callable[[Comparison], Estimate]


@dataclass(frozen=True)
class Metric:
    """A registered metric.

    Attributes:
        label: Name in tables.
        direction: Which values are good: lower ones, higher ones, or those of real training images.
        compute: The function.
        needs_features: Whether it compares features; their name is then part of the measure's name in quality.csv.
        on_request: Whether it is computed only if asked for.
    """

    label: str
    direction: Direction
    compute: Compute
    needs_features: bool = True
    on_request: bool = False

    @property
    def title(self) -> str:
        """Label and direction, such as KID ↓."""
        return f"{self.label} {ARROWS[self.direction]}"


METRICS: dict[str, Metric] = {}  # in the order of tables


def register_metric(
    name: str,
    label: str,
    direction: Direction,
    compute: Compute,
    *,
    needs_features: bool = True,
    on_request: bool = False,
) -> None:
    """Make a metric known, so that quality.csv and the report's table have it; see `Metric` for the arguments."""
    METRICS[name] = Metric(label, direction, compute, needs_features, on_request)


def _on_manifolds(metric: Callable[[Vectors, Vectors, int, int], Estimate]) -> Compute:
    return lambda c: metric(c.real_features, c.candidate_features, c.neighbours, c.seed)


def _on_pixels(metric: Callable[[NDArray[np.uint8], int], Estimate]) -> Compute:
    return lambda c: metric(c.candidate_pixels, c.seed)


def _on_views(metric: Callable[[AugmentedFeatures, AugmentedFeatures, int], Estimate]) -> Compute:
    return lambda c: metric(c.real.features, c.candidates.features, c.seed)


def _fid(c: Comparison) -> Estimate:
    return Estimate(frechet_distance(c.real_features, c.candidate_features))


def _told_apart(vectors: Callable[[NDArray[np.uint8]], AugmentedFeatures]) -> Compute:
    """The two-sample test on vectors of pixels as a function of a comparison."""
    return lambda c: two_sample_auroc(vectors(c.real.pixels), vectors(c.candidates.pixels), c.seed)


register_metric("told", "Told from real, features", "lower", _on_views(two_sample_auroc))
register_metric(
    "told_spectrum", "Told from real, power spectrum", "lower", _told_apart(power_spectra), needs_features=False
)
register_metric("told_thumbnail", "Told from real, thumbnails", "lower", _told_apart(thumbnails), needs_features=False)
register_metric("kid", "KID", "lower", _on_views(kernel_distance))
register_metric("precision", "Precision", "higher", _on_manifolds(precision))
register_metric("recall", "Recall", "higher", _on_manifolds(recall))
register_metric("density", "Density", "higher", _on_manifolds(density))
register_metric("coverage", "Coverage", "higher", _on_manifolds(coverage))
register_metric("ssim", "SSIM of pairs", "as real", _on_pixels(pairwise_ssim), needs_features=False)
register_metric("ms_ssim", "MS-SSIM of pairs", "as real", _on_pixels(pairwise_ms_ssim), needs_features=False)
register_metric("fid", "FID, not comparable", "lower", _fid, on_request=True)
