"""How far a set of images is from real ones: whether a classifier tells them apart, their colours and their cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from threadpoolctl import threadpool_limits

from leukgan.errors import InputError
from leukgan.metrics.cell_measurements import MEASUREMENTS, measure_cells, measurement_distances
from leukgan.metrics.two_sample import thumbnails

FOLDS = 5
LEVELS = 256
COLOURS = ("red", "green", "blue")
QUARTILES = {"lower": 0.25, "median": 0.5, "upper": 0.75}
COLUMNS = [
    *("measure", "value", "spread", "n_real", "lower_real", "median_real", "upper_real"),
    *("n_other", "lower_other", "median_other", "upper_other", "low", "high"),
]

Images = NDArray[np.uint8]
Numbers = NDArray[np.float64]


class Accuracy(NamedTuple):
    """An accuracy, and its standard deviation over divisions into folds."""

    mean: float
    spread: float


@dataclass(frozen=True)
class Sample:
    """Images uint8 (N, 3, H, W) and their cells as `measure_cells` gives them."""

    images: Images
    cells: pd.DataFrame


def sample_of(images: Images) -> Sample:
    """Images uint8 (N, 3, H, W) with their cells measured."""
    return Sample(images, measure_cells(images))


def compare_sets(real: Sample, other: Sample, *, repeats: int, seed: int) -> pd.DataFrame:
    """One row a measure of how far the other images are from the real ones; `measure` is its name.

    - accuracy: `value` and `spread` as `tell_apart` gives them.
    - red, green, blue: `value` as `colour_distances` gives it.
    - MEASUREMENTS: `value` is the Wasserstein distance in standard deviations of the real images, `low` and `high` end
      its 95% interval; see `measurement_distances`.

    Columns besides: `n`, `lower`, `median` and `upper` of each set, as in `median_real` and `median_other`: the number
    of images with a value and the quartiles, of all pixels for colours. A value is missing where it does not apply.

    Both sets have the same number of images; `repeats` are divisions into folds, `seed` draws the resamples.
    """
    sets = {"real": real, "other": other}
    accuracy = tell_apart(real.images, other.images, repeats=repeats)
    counts = {f"n_{which}": len(one.images) for which, one in sets.items()}
    rows: list[dict[str, object]] = [
        {"measure": "accuracy", "value": accuracy.mean, "spread": accuracy.spread, **counts}
    ]

    for i, distance in enumerate(colour_distances(real.images, other.images)):
        quartiles = _quartiles({which: one.images[:, i] for which, one in sets.items()})
        rows.append({"measure": COLOURS[i], "value": distance, **counts, **quartiles})

    distances = measurement_distances(real.cells, other.cells, seed=seed).set_index("measurement")
    for name in MEASUREMENTS:
        values = {which: one.cells[name].dropna().to_numpy() for which, one in sets.items()}
        row = dict(zip(("value", "low", "high"), distances.loc[name, ["distance", "low", "high"]], strict=True))
        counts = {f"n_{which}": len(present) for which, present in values.items()}
        rows.append({"measure": name, **row, **counts, **_quartiles(values)})
    return pd.DataFrame(rows, columns=COLUMNS)


def tell_apart(real: Images, other: Images, *, repeats: int = 1) -> Accuracy:
    """Accuracy on unseen images of a logistic regression that is to tell real images from as many others.

    It sees 25 x 25 pixels of RGB, and is cross-validated in five stratified folds. Half of its answers are right where
    there is nothing to tell. `spread` is 0 for one division; other images would give another accuracy, with a standard
    error of about sqrt(p (1 - p) / N) for N images of both sets.

    `repeats` are divisions into folds, with the seeds 0, 1 and so on.

    Raises:
        InputError: Sets of different sizes, or of fewer images than folds.
    """
    if len(real) != len(other) or len(real) < FOLDS:
        raise InputError(
            f"Telling images apart takes two sets of as many, at least {FOLDS}; got {len(real)} and {len(other)}."
        )
    pixels = np.concatenate([thumbnails(images[None])[0] for images in (real, other)])
    is_real = np.repeat([1, 0], len(real))

    # So near to the optimum that machines agree; the fits are so small that more threads wait for each other.
    model = LogisticRegression(max_iter=10000, tol=1e-6)
    folds = [StratifiedKFold(FOLDS, shuffle=True, random_state=repeat) for repeat in range(repeats)]
    with threadpool_limits(1):
        scores = [cross_val_score(model, pixels, is_real, cv=parts).mean() for parts in folds]
    return Accuracy(float(np.mean(scores)), float(np.std(scores, ddof=1)) if repeats > 1 else 0.0)


def colour_histograms(images: Images) -> Numbers:
    """Share of all pixels at each level of red, green and blue, (3, 256), of images (N, 3, H, W)."""
    return np.stack([np.bincount(images[:, i].ravel(), minlength=LEVELS) / images[:, i].size for i in range(3)])


def colour_distances(real: Images, other: Images) -> Numbers:
    """Wasserstein distances (3,) of the histograms of red, green and blue, in levels of 0 to 255."""
    between = colour_histograms(real) - colour_histograms(other)  # (3, 256)
    return np.asarray(np.abs(np.cumsum(between, axis=1)).sum(axis=1))


def _quartiles(sets: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """The three quartiles of each set of values; none for an empty one."""
    return {
        f"{quartile}_{which}": float(np.quantile(values, share))
        for which, values in sets.items()
        for quartile, share in QUARTILES.items()
        if values.size
    }
