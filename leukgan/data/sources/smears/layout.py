"""The surroundings of the white cell: red cells and platelets, drawn without knowledge of it."""

import numpy as np

from leukgan.data.sources.smears.fields import Field, Frame, Outline, harmonics, inside, polar

CLEARANCE = (0.28, 0.5)  # the middle that is left to the white cell, whatever its size; a larger one presses the rest
DENSITY = (20.5, 5.0)  # red cells in a frame and a margin around it
SIZE = (0.28, 0.015)  # their radius, and its spread between smears
OVERLAP = 0.45  # share of its stain that a cell loses where it lies on another: both are thinner there


def draw_surroundings(frame: Frame, rng: np.random.Generator) -> tuple[Field, Field]:
    """Eosin of red cells and violet of platelets, each (side, side)."""
    outlines = place_red_cells(rng)
    return _draw_red_cells(frame, rng, outlines), _draw_platelets(frame, rng, outlines)


def place_red_cells(rng: np.random.Generator) -> list[Outline]:
    """Outlines of red cells that leave the middle free, lie together in some smears, and are cut by the border."""
    clearance = rng.uniform(*CLEARANCE)
    wanted = int(np.clip(rng.normal(*DENSITY), 5, 32))
    size = rng.normal(*SIZE)
    crowding = rng.uniform(0.15, 0.75)

    # Places are tried, more of them near the middle; a cell is placed where it does not overlap the others too far.
    tries = 7 * wanted
    centres = (rng.uniform(0.5, 1.75, tries) * np.exp(2j * np.pi * rng.random(tries))).tolist()
    radii = (size * (1 + 0.06 * rng.standard_normal(tries))).tolist()
    gaps = np.where(rng.random(tries) < crowding, rng.uniform(0.5, 0.95, tries), 1.04).tolist()

    cells: list[Outline] = []
    for centre, radius, gap in zip(centres, radii, gaps, strict=True):
        if len(cells) == wanted:
            break
        free = abs(centre) > clearance + 0.95 * radius
        if free and all(abs(centre - cell.centre) > gap * (radius + cell.radius) for cell in cells):
            cells.append(Outline(centre, radius, harmonics(rng, abs(rng.normal(0.015, 0.015)), 5)))
    return cells


def _draw_red_cells(frame: Frame, rng: np.random.Generator, cells: list[Outline]) -> Field:
    """Eosin of red cells (side, side): thick at the rim, thin in the middle, where cells are not flat."""
    stain = np.zeros((frame.side, frame.side), np.float32)
    pallor = rng.uniform(0.2, 0.95)
    for cell in cells:
        depth = float(np.clip(rng.normal(pallor, 0.2), 0.0, 0.95))
        width, thickness, tilt = rng.uniform(0.35, 0.6), rng.normal(1, 0.08), polar(rng, 0.1)
        window = frame.window(cell.centre, 1.25 * cell.radius)
        if not window.x.size or not window.y.size:
            continue

        # Thin in the middle by `depth`, with the thinnest place a little off the centre.
        reach = cell.reach(window)
        off_middle = window.distance(cell.centre + cell.radius * tilt) / np.float32((width * cell.radius) ** 2)
        height = 1 - 0.06 * reach - np.float32(depth) * np.exp(-off_middle * off_middle)
        one, others = np.float32(thickness) * inside(reach, 0.11) * height, stain[window.box]
        stain[window.box] = others + one - np.float32(OVERLAP) * others * one
    return stain


def _draw_platelets(frame: Frame, rng: np.random.Generator, cells: list[Outline]) -> Field:
    """Violet of platelets (side, side), which lie between the red cells."""
    stain = np.zeros((frame.side, frame.side), np.float32)
    for _ in range(rng.poisson(0.7)):
        place, radius, amount = polar(rng, rng.uniform(0.5, 1.3)), rng.uniform(0.035, 0.075), rng.uniform(0.3, 0.9)
        window = frame.window(place, 1.4 * radius)
        if window.x.size and window.y.size and all(abs(place - red.centre) > red.radius + radius for red in cells):
            stain[window.box] += np.float32(amount) * window.spot(place, radius)
    return stain
