"""A picture of any shape becomes a square of the study's size, and no cell changes its shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def fit(pixels: NDArray[np.uint8], image_size: int) -> NDArray[np.uint8]:
    """Pixels (H, W, 3) resized with antialiasing: uint8 (3, image_size, image_size).

    A picture that is not square, as a crop at a photograph's border, is first made square by reflecting its edges, so
    that no cell changes its shape.
    """
    height, width = pixels.shape[:2]
    side = max(height, width)
    left, above = (side - width) // 2, (side - height) // 2
    beside, over = ((0, 0), (left, side - width - left), (0, 0)), ((above, side - height - above), (0, 0), (0, 0))
    blocks = np.array_split(pixels, -(-height * side // 2**24))  # the square around a long strip would take gigabytes
    narrow = [_resize(np.pad(block, beside, mode="symmetric"), image_size, len(block)) for block in blocks]
    square = np.pad(np.concatenate(narrow), over, mode="symmetric")  # (side, image_size, 3)
    return _resize(square, image_size, image_size).transpose(2, 0, 1)


def _resize(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))
