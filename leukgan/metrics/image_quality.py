"""Every registered metric of each class's generated images, beside the values of real and of worthless images."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.images import CellImages
from leukgan.features import Features
from leukgan.metrics.degradation import DEGRADATIONS
from leukgan.metrics.kid import extract_view_features, seeded_views
from leukgan.metrics.registry import METRICS, Comparison, ImageSet
from leukgan.presentation.console import Progress, silent

IMAGES = 200  # of each set; fewer cells are shown in several views to reach it
NOISE_IMAGES = 60
COLUMNS = (
    *("class", "measure", "value", "low", "high", "floor", "floor_low", "floor_high", "noise", "other_class"),
    *("unselected", "n_generated", "n_train", "n_test"),
)
METRIC_COLUMNS = ("metric", "features")  # at the end, as DEGRADATIONS: runs made before they were added lack them


def measure_quality(
    *,
    train: CellImages,
    test: CellImages,
    generated: CellImages,
    unselected: CellImages | None,
    features: Features,
    seed: int,
    requested: Collection[str] = (),
    on_progress: Progress = silent,
) -> pd.DataFrame:
    """All registered metrics of the generated images against the real test part, a row for each class and metric.

    Columns are COLUMNS, METRIC_COLUMNS and DEGRADATIONS. `measure` is the metric's name, followed by that of the
    features if it needs any. `floor` is the real baseline: the value of the real training part in the generated images'
    place, the best to hope for. `noise` and `other_class` are the values of random pixels and of real training images
    of the other class; `blurred`, `half_resolution` and `gridded` those of training images with a fault that a measure
    should see. Real images are taken in random dihedral views, from which the GAN learned.

    The test part has at least 2 images of each class. `unselected` are as many images of the same GANs without
    selection, if the others were selected; `requested` names metrics that are computed only on request.
    """

    def image_set(views: NDArray[np.uint8]) -> ImageSet:
        return ImageSet(views, extract_view_features(features, views))

    # Sets that both classes are compared with.
    on_progress("features of the training images")
    real = [image_set(seeded_views(train.of_class(label).images, IMAGES, seed)) for label in (0, 1)]
    shape = (1, NOISE_IMAGES, *train.images.shape[1:])
    noise = image_set(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))

    rows: list[dict[str, object]] = []
    wanted = {name: metric for name, metric in METRICS.items() if not metric.on_request or name in requested}
    labels = [label for label in (0, 1) if len(generated.of_class(label))]  # of the others none were asked for
    done, total = 0, len(labels) * (4 + (unselected is not None) + len(DEGRADATIONS))
    for label in labels:
        class_name = train.classes[label]
        on_progress(f"features of {class_name}")  # no part of the count: it would pass for a slow image set
        reference = image_set(seeded_views(test.of_class(label).images, IMAGES, seed))
        sets = {"value": image_set(generated.of_class(label).images[None, :IMAGES])}
        sets |= {"floor": real[label], "noise": noise, "other_class": real[1 - label]}
        if unselected is not None:
            sets["unselected"] = image_set(unselected.of_class(label).images[None, :IMAGES])
        for name, degrade in DEGRADATIONS.items():
            views = real[label].pixels
            sets[name] = image_set(degrade(views.reshape(-1, *views.shape[2:])).reshape(views.shape))

        # Each set by all metrics, which takes about equally long.
        smallest = min(map(len, sets.values()))
        measured = {}
        for key, each in sets.items():
            on_progress(f"measures of {class_name}, image set {done + 1} of {total}", done, total)
            comparison = Comparison(reference, each, smallest, seed)
            measured[key] = {name: metric.compute(comparison) for name, metric in wanted.items()}
            done += 1

        counts = {"n_generated": len(sets["value"]), "n_train": len(real[label]), "n_test": len(reference)}
        for name, metric in wanted.items():
            found = {key: estimates[name] for key, estimates in measured.items()}
            used = features.name if metric.needs_features else ""
            ends = {"low": found["value"].low, "high": found["value"].high}
            ends |= {"floor_low": found["floor"].low, "floor_high": found["floor"].high}
            keys = {
                "class": class_name,
                "measure": f"{name}_{used}" if used else name,
                "metric": name,
                "features": used,
            }
            rows.append({**keys, **counts, **ends, **{key: estimate.value for key, estimate in found.items()}})
    return pd.DataFrame(rows, columns=[*COLUMNS, *METRIC_COLUMNS, *DEGRADATIONS])


def name_metrics(quality: pd.DataFrame) -> pd.DataFrame:
    """A quality table with METRIC_COLUMNS and DEGRADATIONS.

    Tables of earlier versions had the first in the column `measure` alone, and lacked the others.
    """
    quality = quality.reindex(columns=[*quality, *(name for name in DEGRADATIONS if name not in quality)])
    if set(METRIC_COLUMNS) <= set(quality):
        return quality.fillna(dict.fromkeys(METRIC_COLUMNS, ""))
    named = quality["measure"].map(lambda measure: (measure, "") if measure in METRICS else measure.split("_", 1))
    return quality.assign(metric=named.str[0], features=named.str[1])
