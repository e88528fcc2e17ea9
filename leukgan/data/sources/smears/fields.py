"""Places, outlines and noise from which smears are drawn.

The frame runs from -1 to 1 on both axes at every image size; a place is the complex number x + iy. No drawing depends
on the number of pixels: the same random numbers give the same picture at every size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Field = NDArray[np.floating]  # float32 throughout


@dataclass(frozen=True)
class Window:
    """A part of the frame with its places."""

    box: tuple[slice, slice]  # rows and columns in the frame
    x: Field  # of the columns (1, w)
    y: Field  # of the rows (h, 1)
    centre: complex
    reach: float  # half the side, before the frame cuts it

    def noise(self, rng: np.random.Generator, grain: float) -> Field:
        """Smooth Gaussian noise (h, w) of unit variance whose structures are `grain` long."""
        count = int(np.ceil(2.5 * self.reach / grain)) + 4
        offsets = (np.arange(count, dtype=np.float32) - np.float32((count - 1) / 2)) * np.float32(0.8 * grain)
        white = rng.standard_normal((count, count), dtype=np.float32)
        down = _blur(self.y[:, 0] - np.float32(self.centre.imag), offsets, grain)
        across = _blur(self.x[0] - np.float32(self.centre.real), offsets, grain)
        return down @ white @ across.T

    def distance(self, place: complex) -> Field:
        """Squared distance (h, w) from a place."""
        return (self.x - np.float32(place.real)) ** 2 + (self.y - np.float32(place.imag)) ** 2

    def distance_from_line(self, start: complex, end: complex) -> Field:
        """Squared distance (h, w) from the line between two places."""
        line = end - start
        x, y = self.x - np.float32(start.real), self.y - np.float32(start.imag)
        along = (x * np.float32(line.real) + y * np.float32(line.imag)) / np.float32(max(abs(line) ** 2, 1e-9))
        along = np.clip(along, 0, 1)
        return (x - along * np.float32(line.real)) ** 2 + (y - along * np.float32(line.imag)) ** 2

    def spot(self, place: complex, radius: float) -> Field:
        """A soft round spot (h, w) of height 1."""
        return inside(np.sqrt(self.distance(place)) / np.float32(radius), 0.6)


def _blur(places: Field, lattice: Field, grain: float) -> Field:
    weights = np.exp(-0.5 * ((places[:, None] - lattice) / np.float32(grain)) ** 2)
    return weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))  # (places, lattice)


class Frame:
    """The places of an image's pixels, and how a camera collects light from them."""

    def __init__(self, *, image_size: int) -> None:
        self.image_size = image_size
        self.side = min(2 * image_size, 256)  # two samples a pixel, where pixels are coarser than the focus
        self.axis = ((np.arange(self.side) + 0.5) * 2 / self.side - 1).astype(np.float32)

    def window(self, centre: complex = 0j, reach: float = 1.0) -> Window:
        """The places that are nearer than `reach` to `centre` on both axes."""
        rows = slice(*np.searchsorted(self.axis, [centre.imag - reach, centre.imag + reach]))
        columns = slice(*np.searchsorted(self.axis, [centre.real - reach, centre.real + reach]))
        return Window((rows, columns), self.axis[None, columns], self.axis[rows, None], centre, reach)

    def samples(self, share: float) -> int:
        """How many samples make up this share of the frame's area, at least one."""
        return max(1, round(share * self.side**2))

    def focus(self, light: Field, blur: float) -> Field:
        """Light (3, side, side) as the camera's pixels (3, H, W) collect it through a lens with a Gaussian blur."""
        edges = np.linspace(-1, 1, self.image_size + 1)
        passed = ndtr((edges[:, None] - self.axis) / np.hypot(blur, 0.4 / self.side))
        weights = np.diff(passed, axis=0)
        weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)  # (H, side)
        return weights @ light @ weights.T

    def pixels(self, mask: Field, window: Window) -> NDArray[np.bool_]:
        """The pixels (H, W) at least half of which a mask of this window covers."""
        whole = np.zeros((self.side, self.side), np.float32)
        whole[window.box] = mask
        samples = self.side // self.image_size
        return whole.reshape(self.image_size, samples, self.image_size, samples).mean(axis=(1, 3)) >= 0.5


@dataclass(frozen=True)
class Outline:
    """A closed curve around `centre`, given by its radius as a function of the angle."""

    centre: complex
    radius: float
    harmonics: tuple[complex, ...]  # amplitudes and phases of two, three, ... waves around the curve
    tail: complex = 0j  # direction of a bump; its modulus is the height as a share of the radius

    def reach(self, window: Window) -> Field:
        """Distance from the centre divided by the curve's radius in that direction: 1 on the curve, 0 in the centre."""
        offset = (window.x - np.float32(self.centre.real)) + 1j * (window.y - np.float32(self.centre.imag))
        distance = np.abs(offset)
        direction = offset / np.maximum(distance, np.float32(1e-6))

        wave = np.zeros_like(offset)
        for harmonic in reversed(self.harmonics):
            wave = (wave + np.complex64(harmonic)) * direction
        radius = 1 + (wave * direction).real

        if height := abs(self.tail):
            alignment = (direction * np.complex64(np.conj(self.tail) / height)).real
            radius = radius + np.float32(height) * np.exp(9 * (alignment - 1))

        return distance / (np.float32(self.radius) * np.maximum(radius, np.float32(0.3)))


def inside(reach: Field, softness: float) -> Field:
    """1 within the outline, 0 outside, and a smooth step of relative width `softness` between."""
    step = np.clip((1 - reach) / np.float32(softness) + np.float32(0.5), 0, 1)
    return step * step * (3 - 2 * step)


def level(values: Field, count: int) -> np.float32:
    """The value that `count` of the values lie below."""
    last = min(count, values.size) - 1
    return np.partition(values, last, axis=None).ravel()[last]


def harmonics(rng: np.random.Generator, strength: float, count: int) -> tuple[complex, ...]:
    """Random waves of an outline, weaker the shorter they are."""
    waves = strength * (rng.normal(size=count) + 1j * rng.normal(size=count)) / np.arange(1, count + 1)
    return tuple(waves.tolist())


def polar(rng: np.random.Generator, length: float) -> complex:
    """A random direction times `length`."""
    return complex(length * np.exp(2j * np.pi * rng.random()))
