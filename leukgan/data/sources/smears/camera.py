"""Staining, light and camera: stains add up as optical density (Beer and Lambert)."""

from __future__ import annotations

import io
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Photograph:
    """The stains and the camera of one image."""

    tint: str  # of the background, cream or bluish
    blur: float  # of the lens, in half image widths
    stains: NDArray[np.float64]  # colours (4, 3) of red cells, cytoplasm, chromatin and pink granules
    background: NDArray[np.float64]  # light (3,) of the empty background


def set_up(rng: np.random.Generator, *, tint: str, stain: float, focus: float) -> Photograph:
    """A camera and a stain, whose spread between images is `stain` times the usual one."""
    amounts = np.exp(stain * AMOUNTS * rng.standard_normal(4))
    hues = 1 + stain * HUE * rng.standard_normal((4, 3))
    dimming = 1 - 0.006 * rng.exponential() - 0.003 * rng.standard_normal(3)
    blur = float(np.hypot(rng.normal(0.008, 0.004), 2 * focus))
    stains = np.stack([EOSIN, AZURE, VIOLET, PINK]) * hues * amounts[:, None]
    return Photograph(tint, blur, stains, TINTS[tint] * dimming)


def photograph(
    frame: Frame,
    rng: np.random.Generator,
    setting: Photograph,
    drawn: DrawnCell,
    red_cells: Field,
    platelets: Field,
) -> NDArray[np.uint8]:
    """The image (3, H, W) of a smear; the white cell lies where it has pushed the others away."""
    eosin, azure, violet, pink = setting.stains.astype(np.float32)[..., None, None]  # (3, 1, 1) each
    orange = pink + np.float32(drawn.orange) * (ORANGE - PINK).astype(np.float32)[:, None, None]

    # The white cell pushes red cells and platelets away.
    box = drawn.window.box
    red_cells, platelets = red_cells.copy(), platelets.copy()
    red_cells[box] *= drawn.clear
    platelets[box] *= drawn.clear

    density = eosin * red_cells + violet * platelets  # (3, side, side)
    density[:, *box] += azure * drawn.azure + violet * drawn.violet + orange * drawn.granules

    lamp = 1 + np.float32(0.003) * frame.window().noise(rng, 0.5)
    light = setting.background.astype(np.float32)[:, None, None] * lamp * np.exp(-density)
    pixels = frame.focus(light + np.float32(FLARE), setting.blur)
    pixels = pixels + np.float32(NOISE) * rng.standard_normal(pixels.shape, dtype=np.float32)
    return np.clip(np.rint(255 * pixels), 0, 255).astype(np.uint8)


def compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """An image uint8 (3, H, W) as it comes back from a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0))).save(file, format="JPEG", quality=quality)
    return np.asarray(Image.open(file)).transpose(2, 0, 1)
