"""The test of a difference over several splits, by how the splits were drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from leukgan.report.measured import rows_of
from leukgan.report.results import Key, Split
from leukgan.statistics.intervals import Estimate
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.paired_tests import corrected_resampled_t_test

PREDICTIONS = ("control", "classifier", "training_set", "test_set", "image", "label", "predicted")

ByImage = Mapping[tuple[str, int], float]  # a value for each test image, by (image, label)


def crossed(splits: Sequence[Split]) -> bool:
    """Whether the splits cross training images of their own with one set of test images."""
    return (
        len(splits) > 1
        and all(split.provenance["data"].get("own_training_images", False) for split in splits)
        and len({split.tested for split in splits}) == 1
    )


def result_over_splits(
    splits: Sequence[Split], differences: Sequence[float], by_image: Sequence[ByImage] | None
) -> Estimate:
    """The crossed t test where splits share nothing but their test images, else the corrected resampled one.

    Args:
        splits: Two or more.
        differences: One for each split.
        by_image: The same for each test image, of which a split's difference is the mean; None for metrics that are no
            share of images: for these a crossed design has no test here.
    """
    if not crossed(splits):
        return corrected_resampled_t_test(
            differences, fmean(test / train for train, test in (s.real_images for s in splits))
        )
    if by_image is None:
        return Estimate(fmean(differences))
    return multi_reader_t_test(np.array([[row[image] for image in by_image[0]] for row in by_image], dtype=np.float64))


def right_by_image(splits: Sequence[Split]) -> dict[Key, list[ByImage]] | None:
    """For each real test image 1 where it was classified rightly, else 0, one mapping a split; None where not needed.

    Keys are (control, classifier, training set), with an empty control for the study's own trainings.
    """
    if not crossed(splits):
        return None
    right: dict[Key, list[ByImage]] = {}
    for split in splits:
        for (classifier, training_set, test_set), correct in split.correct.items():
            if test_set == "real":
                right.setdefault(("", classifier, training_set), []).append(correct)
    table = rows_of(splits, "control_predictions", PREDICTIONS)
    real = table[table["test_set"] == "real"]
    for key, rows in real.groupby(["folder", *PREDICTIONS[:3]]):
        _, control, name, training_set = (str(value) for value in key)
        images = zip(rows["image"].astype(str), rows["label"], strict=True)
        hits = (rows["label"] == rows["predicted"]).tolist()
        right.setdefault((control, name, training_set), []).append(dict(zip(images, hits, strict=True)))
    return right
