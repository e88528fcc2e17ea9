"""How far images from elsewhere are from the training images: in light, colour, sharpness and a network's features."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from leukgan.data.appearance import SURROUNDINGS, WHOLE, appearance
from leukgan.data.images import CellImages
from leukgan.features import Features
from leukgan.metrics.image_quality import IMAGES
from leukgan.metrics.kid import extract_view_features, kernel_distance, seeded_views
from leukgan.presentation.console import Progress, silent
from leukgan.statistics.intervals import ALPHA, auc_with_variance

Z = float(norm.ppf(1 - ALPHA / 2))  # standard errors on either side of an interval
COLUMNS = ("test_set", "measure", "training", "test", "external", "auc_test", "auc", "low", "high")


def measure_shift(
    train: CellImages,
    test: CellImages,
    external: Mapping[str, CellImages],
    *,
    features: Features,
    seed: int,
    on_progress: Progress = silent,
) -> pd.DataFrame:
    """A row for each external set and measure, with the study's own test part beside it; columns are COLUMNS.

    `training`, `test` and `external` are medians; `auc` is the chance that an external image has the larger value than
    a training image of its class, 0.5 where they do not differ, with its 95% interval `low` to `high`, and `auc_test`
    that of the own test images. Of KID, `test` and `external` are the distances to the training images, and `low` to
    `high` is the interval of the external one. All are means over both classes, so that unequal shares of the classes
    make no difference. External sets have at least two images of each class.
    """
    on_progress("measures of the training and test images")
    own = [_by_class(part) for part in (train, test)]
    seen = [_features_by_class(part, features, seed) for part in (train, test)]
    floor = np.mean([kernel_distance(one, other, seed).value for one, other in zip(*seen, strict=True)])

    rows: list[dict[str, Any]] = []
    for name, images in external.items():
        on_progress(f"measures of {name}")
        theirs = _by_class(images)
        for place, measure in enumerate((*WHOLE, *SURROUNDINGS)):
            of_test, of_external = (_auc(part, own[0], place) for part in (own[1], theirs))
            half = Z * of_external[1]
            medians = [float(np.mean([np.median(values[:, place]) for values in part])) for part in (*own, theirs)]
            ends = (max(0.0, of_external[0] - half), min(1.0, of_external[0] + half))
            rows.append(dict(zip(COLUMNS, (name, measure, *medians, of_test[0], of_external[0], *ends), strict=True)))

        pairs = zip(seen[0], _features_by_class(images, features, seed), strict=True)
        distances = [kernel_distance(one, other, seed) for one, other in pairs]
        distance = float(np.mean([found.value for found in distances]))
        half = Z * float(np.linalg.norm([found.standard_error for found in distances])) / 2
        numbers = {"test": floor, "external": distance, "low": distance - half, "high": distance + half}
        rows.append({"test_set": name, "measure": f"kid_{features.name}", **numbers})
    return pd.DataFrame(rows, columns=[*COLUMNS])


def _by_class(images: CellImages) -> list[NDArray[np.float64]]:
    """The numbers of the images of each class, (N, measures)."""
    return [np.array([appearance(image) for image in images.of_class(label).images]) for label in (0, 1)]


def _features_by_class(images: CellImages, features: Features, seed: int) -> list[NDArray[np.float64]]:
    views = [seeded_views(images.of_class(label).images, IMAGES, seed) for label in (0, 1)]
    return [extract_view_features(features, of_class) for of_class in views]


def _auc(others: list[NDArray[np.float64]], training: list[NDArray[np.float64]], place: int) -> tuple[float, float]:
    """Mean over the classes of the chance that another image has the larger value, and its standard error."""
    found = [auc_with_variance(other[:, place], own[:, place]) for other, own in zip(others, training, strict=True)]
    return float(np.mean([auc for auc, _ in found])), float(np.sqrt(sum(variance for _, variance in found))) / 2
