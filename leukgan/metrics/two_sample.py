"""Classifier two-sample tests: how well a classifier tells generated images from real ones (Lopez-Paz and Oquab, 2017).

A classifier that has not seen an image says whether it is real. Its AUROC is 0.5 if nothing tells the two apart and 1
if everything does; unlike a distance, it needs no baseline to be read, and it sees whatever its inputs show.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from leukgan.statistics.intervals import Estimate, bootstrap_estimate, resample_counts

FOLDS = 5
RINGS = 16  # of the power spectrum
SIDE = 25  # of the thumbnails

Pixels = NDArray[np.uint8]  # (V, N, 3, H, W): V views of each of N images
Vectors = NDArray[np.float64]  # (V, N, F)


def two_sample_auroc(real: Vectors, other: Vectors, seed: int) -> Estimate:
    """AUROC of a logistic regression that tells real images from others it has not seen.

    Vectors (V, N, F) are of V views of each of N real images, (W, M, F) of the others.

    It is cross-validated in five folds; all views of an image lie in one. Only images of the same fold are compared,
    whose scores come from one classifier. The interval is over images, the classifiers as they are. A set of a single
    image gives NaN.
    """
    folds = min(FOLDS, real.shape[1], other.shape[1])
    if folds < 2:
        return Estimate(math.nan)

    # The fold of each image; each has its share of both sets.
    sets, source = (real, other), np.random.default_rng(seed)
    fold_of = [source.permutation(images.shape[1]) % folds for images in sets]

    # Scores (V, N) and (W, M) of images that the classifier has not seen.
    scores = [np.empty(images.shape[:2]) for images in sets]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    for fold in range(folds):
        seen = [images[:, of != fold].reshape(-1, images.shape[2]) for images, of in zip(sets, fold_of, strict=True)]
        with threadpool_limits(1):  # the fits are so small that more threads wait for each other
            model.fit(np.concatenate(seen), np.repeat([1, 0], [len(part) for part in seen]))
        for images, of, found in zip(sets, fold_of, scores, strict=True):
            unseen = images[:, of == fold]
            found[:, of == fold] = model.decision_function(unseen.reshape(-1, images.shape[2])).reshape(len(images), -1)

    # How often the real image of a pair scores higher, over the views of both; pairs of one fold count.
    difference = scores[0][:, None, :, None] - scores[1][None, :, None, :]  # (V, W, N, M)
    higher = ((difference > 0) + 0.5 * (difference == 0)).mean((0, 1))  # (N, M)
    compared = fold_of[0][:, None] == fold_of[1]

    # Each image counts as often as a resample has it.
    counts = resample_counts(real.shape[1], seed), resample_counts(other.shape[1], seed + 1)
    won, pairs = (((counts[0] @ matrix) * counts[1]).sum(1) for matrix in (higher * compared, compared.astype(float)))
    return bootstrap_estimate(won / np.maximum(pairs, 1))


def power_spectra(images: Pixels) -> Vectors:
    """Log power of the brightness in 16 rings of spatial frequency, from one period an image to the finest: (V, N, 16).

    Generators that upsample leave traces there that the eye does not notice, and blurred images lack the outer rings.
    """
    size = images.shape[-1]
    grey = images.mean(2)  # (V, N, H, W)
    power = np.abs(np.fft.fft2(grey - grey.mean((2, 3), keepdims=True))) ** 2

    frequency = np.fft.fftfreq(size) * size
    radius = np.hypot(frequency[:, None], frequency[None, :])
    ring = np.digitize(radius, ring_edges(size), right=True) - 1  # the finest belongs in; corners are left out
    means = [power[:, :, ring == index].mean(2) for index in range(RINGS)]
    return np.log(np.stack(means, axis=2) + 1e-3)


def ring_edges(size: int) -> NDArray[np.float64]:
    """Periods per image at the edges of the rings (17,), for images of this height and width."""
    return np.linspace(0.5, size / 2, RINGS + 1)


def summarise_spectra(images: NDArray[np.uint8]) -> pd.DataFrame:
    """Median and 10th and 90th percentile of the log power in each ring, over images uint8 (N, 3, H, W)."""
    low, median, high = np.quantile(power_spectra(images[None])[0], (0.1, 0.5, 0.9), axis=0)  # (16,) each
    edges = ring_edges(images.shape[-1])
    return pd.DataFrame({"periods": (edges[1:] + edges[:-1]) / 2, "low": low, "median": median, "high": high})


def thumbnails(images: Pixels) -> Vectors:
    """Thumbnails of 25 x 25 pixels, (V, N, 1875), with values from 0 to 1."""
    pictures = [Image.fromarray(image.transpose(1, 2, 0)) for image in images.reshape(-1, *images.shape[2:])]
    small = [np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX)) for picture in pictures]
    return np.stack(small).reshape(*images.shape[:2], -1) / 255
