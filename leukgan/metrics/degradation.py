"""Faults that generators have, put on real images: a measure that does not see them says nothing of generated ones."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch.nn import functional as F

from leukgan.features import Features
from leukgan.metrics.kid import extract_view_features, kernel_distance, seeded_views

GRID = 6  # levels of 0 to 255
VIEWS = 50  # of each set that a test of power compares

Images = NDArray[np.uint8]  # (N, 3, H, W)


def blur(images: Images) -> Images:
    """Images (N, 3, H, W) smoothed by a Gaussian whose standard deviation is a 64th of the side."""
    sigma = images.shape[-1] / 64
    return np.rint(gaussian_filter(images.astype(np.float32), (0, 0, sigma, sigma))).astype(np.uint8)


def halve_resolution(images: Images) -> Images:
    """Images (N, 3, H, W) reduced to half the size, and enlarged again between the pixels that are left."""
    small = F.avg_pool2d(torch.from_numpy(images).float(), 2)
    return F.interpolate(small, scale_factor=2, mode="bilinear").round().to(torch.uint8).numpy()


def draw_grid(images: Images) -> Images:
    """Images (N, 3, H, W) with every second column and row a little brighter, as transposed convolutions leave it."""
    place = np.arange(images.shape[-1]) % 2
    pattern = GRID * (place[:, None] + place - 1)  # (H, W): -6, 0 or 6
    return np.clip(images + pattern.astype(np.int16), 0, 255).astype(np.uint8)


DEGRADATIONS: dict[str, Callable[[Images], Images]] = {
    "blurred": blur,
    "half_resolution": halve_resolution,
    "gridded": draw_grid,
}


def kid_sees_faults(features: Features, reference: Images, images: Images) -> bool:
    """Whether the KID to reference images (N, 3, H, W), N at least 2, has the power to rank generated images.

    It has if each fault, put on other real images of the kind, takes them further from the reference images than their
    own distance's interval reaches.
    """
    views = seeded_views(images, VIEWS, seed=0)  # (V, N, 3, H, W)
    flat = views.reshape(-1, *views.shape[2:])
    real = extract_view_features(features, seeded_views(reference, VIEWS, seed=0))

    baseline = kernel_distance(real, extract_view_features(features, views), seed=0)
    faulty = (extract_view_features(features, degrade(flat).reshape(views.shape)) for degrade in DEGRADATIONS.values())
    return all(kernel_distance(real, found, seed=0).value > baseline.high for found in faulty)
