"""How a stained smear looks: outlines, stain that absorbs light, and the lens; no knowledge of the classes.

The frame runs from -1 to 1 on both axes at every image size, a place is the complex number x + iy, and stain adds up as
optical density (Beer and Lambert), so that cells darken where they overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Field = NDArray[np.float32]

NOISE_LATTICE = 96  # points a side: the same noise is drawn whatever the image size
EOSIN = np.array([0.22, 0.33, 0.20])  # red cells
AZURE = np.array([0.60, 0.60, 0.17])  # cytoplasm
VIOLET = np.array([1.08, 1.75, 0.42])  # chromatin
CREAM, BLUISH = np.array([0.99, 0.895, 0.795]), np.array([0.86, 0.845, 0.91])  # the empty background


@dataclass(frozen=True)
class WhiteCell:
    """What is drawn of the white cell; lengths in half image widths.

    Attributes:
        radius: Mean radius of the cell.
        nucleus_ratio: Area of the nucleus divided by that of the cell, before folds.
        fold: Depth of the cleft of the nucleus as a fraction of its radius.
        wobble: Irregularity of the nuclear outline.
        density: Amount of stain in the chromatin, 1 is common.
        clumping: Contrast of the chromatin.
        grain: Length of the chromatin's structure.
        nucleoli: Number of nucleoli.
        basophilia: Amount of stain in the cytoplasm, 1 is common.
    """

    radius: float
    nucleus_ratio: float
    fold: float
    wobble: float
    density: float
    clumping: float
    grain: float
    nucleoli: int
    basophilia: float


@dataclass(frozen=True)
class Outline:
    """A closed curve around `centre`, given by its radius as a function of the angle.

    Attributes:
        harmonics: Amplitudes and phases of two, three, ... waves around the curve.
        fold: Direction of a cleft, its modulus being the depth; 0 for none.
    """

    centre: complex
    radius: float
    harmonics: tuple[complex, ...]
    fold: complex = 0j

    def reach(self, places: NDArray[np.complex64]) -> Field:
        """Distance from the centre divided by the curve's radius in that direction: 1 on the curve, 0 in the centre."""
        offset = places - np.complex64(self.centre)
        distance = np.abs(offset)
        direction = offset / np.maximum(distance, 1e-6)
        wave = np.zeros_like(offset)
        for harmonic in reversed(self.harmonics):
            wave = (wave + np.complex64(harmonic)) * direction
        radius = 1 + (wave * direction).real
        if depth := abs(self.fold):
            alignment = (direction * np.complex64(np.conj(self.fold) / depth)).real
            radius = radius - np.float32(depth) * np.exp(7 * (alignment - 1))
        return distance / (np.float32(self.radius) * np.maximum(radius, 0.1))


class Frame:
    """The places of an image's pixels, and the fields that are drawn on them."""

    def __init__(self, *, image_size: int) -> None:
        self.image_size = image_size
        self.side = min(2 * image_size, 256)  # two samples a pixel, where pixels are coarser than the focus
        self.axis = ((np.arange(self.side) + 0.5) * 2 / self.side - 1).astype(np.float32)
        self.places = (self.axis[None] + 1j * self.axis[:, None]).astype(np.complex64)

    def window(self, centre: complex, reach: float) -> tuple[slice, slice]:
        """Rows and columns that are nearer than `reach` to `centre`."""
        rows = np.searchsorted(self.axis, [centre.imag - reach, centre.imag + reach])
        columns = np.searchsorted(self.axis, [centre.real - reach, centre.real + reach])
        return slice(*rows), slice(*columns)

    def noise(self, rng: np.random.Generator, grain: float) -> Field:
        """Smooth Gaussian noise of unit variance whose structures are `grain` long."""
        lattice = np.linspace(-1, 1, NOISE_LATTICE, dtype=np.float32)
        weights = np.exp(-0.5 * ((self.axis[:, None] - lattice) / np.float32(grain)) ** 2)
        weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
        white = rng.standard_normal((NOISE_LATTICE, NOISE_LATTICE), dtype=np.float32)
        return weights @ white @ weights.T  # (side, side)

    def focus(self, light: Field, blur: float) -> Field:
        """Light (3, side, side) as the camera's pixels (3, H, W) collect it through a lens with a Gaussian blur."""
        edges = np.linspace(-1, 1, self.image_size + 1)
        passed = ndtr((edges[:, None] - self.axis) / np.hypot(blur, 0.4 / self.side))
        weights = np.diff(passed, axis=0)
        weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)  # (H, side)
        return weights @ light @ weights.T


def inside(reach: Field, softness: float) -> Field:
    """1 within the outline, 0 outside, and a smooth step of relative width `softness` between."""
    step = np.clip((1 - reach) / np.float32(softness) + np.float32(0.5), 0, 1)
    return step * step * (3 - 2 * step)


def harmonics(rng: np.random.Generator, strength: float, count: int) -> tuple[complex, ...]:
    """Random waves of an outline, weaker the shorter they are."""
    waves = strength * (rng.normal(size=count) + 1j * rng.normal(size=count)) / np.arange(1, count + 1)
    return tuple(complex(wave) for wave in waves)


def polar(rng: np.random.Generator, length: float) -> complex:
    """A random direction times `length`."""
    return complex(length * np.exp(2j * np.pi * rng.random()))


def place_red_cells(rng: np.random.Generator, *, middle: complex, clearance: float, count: int) -> list[Outline]:
    """Outlines of at most `count` red cells that stay `clearance` from `middle` and seldom overlap."""
    size = rng.uniform(0.24, 0.30)
    cells: list[Outline] = []
    for _ in range(12 * count):
        radius = size * rng.normal(1, 0.07)
        centre = complex(*rng.uniform(-1.15, 1.15, 2))
        gap = rng.choice([0.78, 1.06], p=[0.12, 0.88])
        waves = harmonics(rng, 0.03, 3)
        apart = all(abs(centre - cell.centre) > gap * (radius + cell.radius) for cell in cells)
        if len(cells) < count and apart and abs(centre - middle) > clearance + 1.1 * radius:
            cells.append(Outline(centre, radius, waves))
    return cells


def red_cell_stain(frame: Frame, rng: np.random.Generator, cells: list[Outline]) -> Field:
    """Eosin of red cells (side, side): thick at the rim, thin in the middle."""
    stain = np.zeros_like(frame.places.real)
    pallor = rng.uniform(0.4, 0.85)
    for cell in cells:
        depth = np.clip(rng.normal(pallor, 0.12), 0.2, 0.95)
        width = rng.uniform(0.48, 0.66)
        thickness = rng.normal(1, 0.08)
        tilt = polar(rng, 0.12)
        box = frame.window(cell.centre, 1.4 * cell.radius)
        places = frame.places[box]
        reach = cell.reach(places)
        off_middle = np.abs(places - np.complex64(cell.centre + cell.radius * tilt)) / np.float32(cell.radius)
        middle = np.exp(-((off_middle / np.float32(width)) ** 4))
        dome = 1 + 0.12 * reach**4
        stain[box] += np.float32(thickness) * inside(reach, 0.16) * dome * (1 - np.float32(depth) * middle)
    return stain


def spot(frame: Frame, centre: complex, radius: float) -> Field:
    """A soft round spot (side, side) of height 1."""
    stain = np.zeros_like(frame.places.real)
    box = frame.window(centre, 1.6 * radius)
    stain[box] = inside(np.abs(frame.places[box] - np.complex64(centre)) / np.float32(radius), 0.6)
    return stain


def white_cell_stain(frame: Frame, rng: np.random.Generator, cell: WhiteCell, centre: complex) -> tuple[Field, Field]:
    """Azure of the cytoplasm and violet of the nucleus, each (side, side)."""
    body = Outline(centre, cell.radius, harmonics(rng, 0.025, 6))
    nucleus_radius = cell.radius * np.sqrt(cell.nucleus_ratio)
    shift = polar(rng, rng.uniform(0.2, 0.85) * (cell.radius - nucleus_radius))
    fold = polar(rng, cell.fold)
    nucleus = Outline(centre + shift, nucleus_radius, harmonics(rng, cell.wobble, 5), fold)

    body_reach, nucleus_reach = body.reach(frame.places), nucleus.reach(frame.places)
    ruffle = frame.noise(rng, 0.035)
    body_reach, nucleus_reach = body_reach + 0.022 * ruffle, nucleus_reach - 0.012 * ruffle
    cell_mask = inside(body_reach, 0.09)
    nucleus_mask = inside(nucleus_reach, 0.09) * inside(body_reach / 0.97, 0.09)

    rim = np.exp(-(((body_reach - 0.95) / 0.07) ** 2))
    cytoplasm = cell.basophilia * (0.8 + 0.1 * ruffle + 0.16 * frame.noise(rng, 0.1) + 0.35 * rim)
    for _ in range(rng.poisson(0.5)):
        place = centre + polar(rng, rng.uniform(0.6, 0.9) * cell.radius)
        cytoplasm *= 1 - 0.75 * spot(frame, place, rng.uniform(0.04, 0.075))

    clumps = np.tanh(frame.noise(rng, cell.grain)) + 0.5 * frame.noise(rng, 0.02)
    membrane = np.exp(-(((nucleus_reach - 0.95) / 0.06) ** 2))
    chromatin = cell.density * (1 + cell.clumping * clumps + 0.22 * membrane)
    for _ in range(cell.nucleoli):
        place = nucleus.centre + polar(rng, 0.6 * nucleus_radius * np.sqrt(rng.random()))
        chromatin *= 1 - 0.42 * spot(frame, place, rng.uniform(0.055, 0.095))
    azure = np.maximum(cytoplasm, 0.05) * cell_mask * (1 - nucleus_mask)
    return azure, np.maximum(chromatin, 0.1) * nucleus_mask


def photograph(frame: Frame, rng: np.random.Generator, cell: WhiteCell) -> NDArray[np.uint8]:
    """One crop (3, H, W): the white cell near the middle, red cells around it, its stain and its light."""
    centre = complex(*rng.normal(0, 0.03, 2))
    clearance = 1.12 * cell.radius + 0.05
    red_cells = place_red_cells(rng, middle=centre, clearance=clearance, count=int(rng.integers(5, 11)))
    eosin = red_cell_stain(frame, rng, red_cells)
    azure, violet = white_cell_stain(frame, rng, cell, centre)
    for _ in range(rng.poisson(0.35)):
        place = centre + polar(rng, rng.uniform(clearance + 0.12, 1.1))
        radius, stain = rng.uniform(0.04, 0.08), rng.uniform(0.3, 0.6)
        if all(abs(place - red.centre) > 1.15 * red.radius + radius for red in red_cells):
            violet = violet + stain * spot(frame, place, radius)

    amount = np.exp(rng.normal(0, [0.15, 0.15, 0.13]))
    hue = 1 + rng.normal(0, 0.04, (3, 3))
    stains = np.stack([EOSIN, AZURE, VIOLET]) * hue * amount[:, None]  # (3 stains, 3 colours)
    blueness = rng.beta(0.4, 3.0)
    background = ((1 - blueness) * CREAM + blueness * BLUISH) * rng.uniform(0.92, 1.0)
    slope = polar(rng, rng.uniform(0, 0.05))
    lamp = 1 + (frame.places * np.complex64(slope)).real + 0.008 * frame.noise(rng, 0.3)

    density = np.tensordot(stains.T.astype(np.float32), np.stack([eosin, azure, violet]), axes=1)
    light = background.astype(np.float32)[:, None, None] * lamp * np.exp(-density)  # (3, side, side)
    pixels = frame.focus(light + np.float32(0.012), abs(rng.normal(0.012, 0.008)))
    pixels = pixels + 0.007 * rng.standard_normal(pixels.shape, dtype=np.float32)
    return np.clip(np.rint(255 * pixels), 0, 255).astype(np.uint8)
