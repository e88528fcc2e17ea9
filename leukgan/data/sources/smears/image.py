"""One image of a rendered smear, and what is drawn in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukgan.data.sources.smears.camera import photograph, set_up
from leukgan.data.sources.smears.cells import draw_cell
from leukgan.data.sources.smears.fields import Frame
from leukgan.data.sources.smears.layout import draw_platelets, draw_red_cells, place_red_cells
from leukgan.data.sources.smears.subtypes import check_subtypes, draw_specimen
from leukgan.errors import InputError

LAYOUT, CELL, CAMERA = range(3)  # streams of random numbers: the surroundings can't know the cell
RANGES = {"difficulty": (1, 0.5), "stain": (3, 1), "focus": (0.1, 0.01), "bluish": (1, 0.03), "shortcut": (1, 0)}


@dataclass(frozen=True)
class Settings:
    """The settings that all images share; see `render_smears`."""

    subtypes: tuple[str, ...]
    difficulty: float
    stain: float
    focus: float
    bluish: float
    shortcut: float

    def __post_init__(self) -> None:
        check_subtypes(self.subtypes)
        for name, (highest, usual) in RANGES.items():
            if not 0 <= (value := getattr(self, name)) <= highest:
                raise InputError(f"data.{name} must be a number from 0 to {highest}, got {value}; use {usual}.")


@dataclass(frozen=True)
class Rendered:
    """An image with its truth."""

    image: NDArray[np.uint8]  # (3, H, W)
    nucleus: NDArray[np.bool_]  # (H, W)
    cell: NDArray[np.bool_]  # (H, W), nucleus included
    facts: dict[str, str | float | int]  # its row in `SmearTruth.table`


def render_image(frame: Frame, settings: Settings, *, seed: int, index: int, label: int) -> Rendered:
    """The image at `index`, of a healthy cell (label 0) or a blast (1)."""
    around, within, camera = (np.random.default_rng([seed, index, stream]) for stream in (LAYOUT, CELL, CAMERA))
    specimen = draw_specimen(within, blast=label == 1, subtypes=settings.subtypes, difficulty=settings.difficulty)
    drawn = draw_cell(frame, within, specimen.cell, complex(*within.normal(0, 0.03, 2)))

    outlines = place_red_cells(around)
    red_cells = draw_red_cells(frame, around, outlines)
    platelets = draw_platelets(frame, around, outlines)

    tint = draw_tint(camera, settings, label)
    setting = set_up(camera, tint=tint, stain=settings.stain, focus=settings.focus)
    image = photograph(frame, camera, setting, drawn, red_cells, platelets)

    facts: dict[str, str | float | int] = {
        "subtype": "blast" if label else specimen.lineage,
        "lineage": specimen.lineage,
        "severity": specimen.severity,
        "radius": specimen.cell.radius,
        "nucleus_ratio": specimen.cell.nucleus_ratio,
        "lobes": specimen.cell.lobes,
        "tint": tint,
        "focus": setting.blur / 2,
    }
    return Rendered(image, frame.pixels(drawn.nucleus, drawn.window), frame.pixels(drawn.body, drawn.window), facts)


def draw_tint(rng: np.random.Generator, settings: Settings, label: int) -> str:
    """The background's tint; with probability `shortcut` it is the class's own."""
    tied, blue = rng.random(2)
    is_bluish = label == 1 if tied < settings.shortcut else blue < settings.bluish
    return "bluish" if is_bluish else "cream"
