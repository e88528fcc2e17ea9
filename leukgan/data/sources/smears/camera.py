"""Staining, light and camera: stains add up as optical density (Beer and Lambert)."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukgan.data.sources.smears.cells import DrawnCell
from leukgan.data.sources.smears.fields import Field, Frame

EOSIN = np.array([0.22, 0.335, 0.20])  # red cells
AZURE = np.array([0.58, 0.68, 0.17])  # cytoplasm
VIOLET = np.array([1.05, 1.74, 0.425])  # chromatin
PINK, ORANGE = np.array([0.26, 0.47, 0.15]), np.array([0.20, 0.50, 0.40])  # granules
AMOUNTS = np.array([0.14, 0.13, 0.05, 0.1])  # spread of their logarithms between images
HUE = 0.03  # spread of a stain's colour between images
TINTS = {"cream": np.array([0.985, 0.883, 0.778]), "bluish": np.array([0.895, 0.860, 0.890])}  # the empty background
FLARE = 0.012  # light that the lens scatters
NOISE = 0.004


class Camera:
    """The staining and the camera of one image.

    Args:
        rng: Of all that is random.
        tint: Of the background, cream or bluish.
        stain: Spread of amounts and hues between images; 1 is usual.
        focus: Blur added by the lens, in image widths.
    """

    def __init__(self, rng: np.random.Generator, *, tint: str, stain: float, focus: float) -> None:
        amounts = np.exp(stain * AMOUNTS * rng.standard_normal(4))
        hues = 1 + stain * HUE * rng.standard_normal((4, 3))
        dimming = 1 - 0.006 * rng.exponential() - 0.003 * rng.standard_normal(3)

        self.rng = rng
        self.blur = float(np.hypot(rng.normal(0.008, 0.004), 2 * focus))  # of the whole lens, in half image widths
        self.stains = np.stack([EOSIN, AZURE, VIOLET, PINK]) * hues * amounts[:, None]  # (4, 3)
        self.background = TINTS[tint] * dimming  # light (3,)

    def photograph(self, frame: Frame, cell: DrawnCell, red_cells: Field, platelets: Field) -> NDArray[np.uint8]:
        """The image (3, H, W) of a smear; stains (side, side) are changed where the white cell pushes them away."""
        eosin, azure, violet, pink = self.stains.astype(np.float32)[..., None, None]  # (3, 1, 1) each
        orange = pink + np.float32(cell.orange) * (ORANGE - PINK).astype(np.float32)[:, None, None]

        box = cell.window.box
        red_cells[box] *= cell.clear
        platelets[box] *= cell.clear

        density = eosin * red_cells + violet * platelets  # (3, side, side)
        density[:, *box] += azure * cell.azure + violet * cell.violet + orange * cell.granules

        lamp = 1 + np.float32(0.003) * frame.window().noise(self.rng, 0.5)
        light = self.background.astype(np.float32)[:, None, None] * lamp * np.exp(-density)
        pixels = frame.focus(light + np.float32(FLARE), self.blur)
        pixels = pixels + np.float32(NOISE) * self.rng.standard_normal(pixels.shape, dtype=np.float32)
        return np.clip(np.rint(255 * pixels), 0, 255).astype(np.uint8)


def compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """An image uint8 (3, H, W) as it comes back from a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0))).save(file, format="JPEG", quality=quality)
    return np.asarray(Image.open(file)).transpose(2, 0, 1)
