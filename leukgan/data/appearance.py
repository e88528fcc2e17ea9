"""Numbers about an image as a whole and about what surrounds its cell: light, colour, contrast and sharpness."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

CORNERS = 0.5  # of the side: what is farther from the image's centre than this shows no white cell
SURROUNDINGS = (
    *("background_red", "background_green", "background_blue"),
    *("surroundings_contrast", "surroundings_sharpness"),
)
WHOLE = ("brightness", "red", "green", "blue", "contrast", "sharpness")  # of the whole image


def surroundings(image: NDArray[np.uint8]) -> dict[str, float]:
    """Numbers about the corners of a square image uint8 (3, H, W), beside the cell, which a class should not change.

    The background's red, green and blue, 0 to 255, are medians of the corners' brighter half; contrast is the standard
    deviation of their grey values, and sharpness their mean second difference divided by it.
    """
    place = (np.arange(image.shape[1]) + 0.5) / image.shape[1] - 0.5
    corners = np.hypot(place[:, None], place) > CORNERS  # (H, W)

    grey = image.astype(np.int64).sum(0)  # integers: a flat image has a contrast of exactly 0
    bright = corners & (grey >= np.median(grey[corners]))
    colour = [float(value) for value in np.median(image[:, bright], axis=1)]

    spread = float(grey[corners].std())
    bend = np.pad(_second_differences(grey), 1)
    sharpness = float(np.abs(bend[corners]).mean()) / spread if spread else 0.0
    return dict(zip(SURROUNDINGS, (*colour, spread / 3, sharpness), strict=True))


def appearance(image: NDArray[np.uint8]) -> list[float]:
    """Numbers about an image uint8 (3, H, W): those of WHOLE, then those of SURROUNDINGS.

    Brightness and colours are means from 0 to 255, contrast is the standard deviation of the grey values, and sharpness
    their mean second difference divided by it.
    """
    colour = image.reshape(3, -1).mean(1)
    grey = image.mean(0)
    spread = float(grey.std())
    sharpness = float(np.abs(_second_differences(grey)).mean()) / spread if spread else 0.0
    return [float(colour.mean()), *map(float, colour), spread, sharpness, *surroundings(image).values()]


def _second_differences(grey: NDArray[Any]) -> NDArray[Any]:
    """Four times each pixel less its four neighbours, of grey values (H, W) without the border: (H - 2, W - 2)."""
    return 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
