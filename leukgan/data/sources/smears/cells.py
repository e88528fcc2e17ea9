"""Drawing a white cell: body, nucleus, chromatin and cytoplasm, without knowledge of its class."""

from dataclasses import dataclass

import numpy as np

from leukgan.data.sources.smears.fields import Field, Frame, Outline, Window, harmonics, inside, level, polar

NUCLEUS_REACH = 0.96  # of the cell's radius; the membrane stays outside


@dataclass(frozen=True)
class WhiteCell:
    """The traits of a white cell; lengths in half image widths."""

    nucleus_radius: float  # radius of a disc of the nucleus's area
    nucleus_ratio: float  # area of the nucleus divided by that of the cell
    shape: float  # irregularity of the cell's outline
    tail: float  # length of a pseudopod as a share of the radius, none below 0
    ruffle: float  # raggedness of the cell's edge
    lobes: int  # of the nucleus
    spread: float  # distance of neighbouring lobes in their radii; below 1 they merge
    bridge: float  # width of the joints between lobes, as a share of the lobes'
    curl: float  # angle between one lobe and the next, in radians
    wobble: float  # irregularity of the nuclear outline
    density: float  # amount of stain in the chromatin, 1 is common
    clumping: float  # contrast of the chromatin
    grain: float  # length of the chromatin's structure
    nucleoli: int
    basophilia: float  # amount of blue stain in the cytoplasm, 1 is common
    granules: float  # amount of stain in the granules
    granule_size: float
    orange: float  # colour of the granules, from 0, pink, to 1, orange
    vacuoles: int

    @property
    def radius(self) -> float:
        """Radius of a disc of the cell's area."""
        return float(self.nucleus_radius / np.sqrt(self.nucleus_ratio))


@dataclass(frozen=True)
class DrawnCell:
    """A white cell's masks and stains within a window of the frame, each (h, w)."""

    window: Window
    body: Field  # 1 in the cell, nucleus included, 0 outside
    nucleus: Field  # 1 in the nucleus, 0 outside
    clear: Field  # 0 where the cell has pushed all others away, 1 elsewhere
    azure: Field  # stain of the cytoplasm
    violet: Field  # stain of the chromatin
    granules: Field  # stain of the granules
    orange: float  # colour of the granules


def draw_cell(frame: Frame, rng: np.random.Generator, cell: WhiteCell, centre: complex) -> DrawnCell:
    """A white cell around `centre`; cell and nucleus have their exact areas, whatever their shapes."""
    window = frame.window(centre, min(1.15, cell.radius * (1.45 + max(cell.tail, 0))))
    samples = frame.samples(np.pi * cell.radius**2 / 4)
    ruffle = window.noise(rng, 0.032)
    tail = polar(rng, max(cell.tail, 0))
    outline = Outline(centre, cell.radius, harmonics(rng, cell.shape, 4), tail)
    body_reach = outline.reach(window) + np.float32(cell.ruffle) * ruffle
    body_reach /= level(body_reach, samples)

    nucleus_reach = _nucleus(rng, cell, centre, window)
    nucleus_reach += np.float32(cell.wobble) * window.noise(rng, 0.4 * cell.radius) - np.float32(0.015) * ruffle
    nucleus_reach = np.sqrt(np.sqrt(nucleus_reach**4 + (0.9 * body_reach) ** 4))  # the membrane rounds it off
    nucleus_reach /= level(nucleus_reach[body_reach < NUCLEUS_REACH], round(cell.nucleus_ratio * samples))

    body = inside(body_reach, 0.032 / cell.radius)
    nucleus = inside(nucleus_reach, 0.08) * inside(body_reach / NUCLEUS_REACH, 0.04 / cell.radius)

    rim = np.exp(-(((body_reach - 0.95) / 0.06) ** 2))
    azure = cell.basophilia * (0.84 + 0.12 * ruffle + 0.16 * window.noise(rng, 0.11) + 0.25 * rim)
    grains = np.maximum(0.85 + 0.4 * window.noise(rng, cell.granule_size), 0)

    clumps = np.tanh(window.noise(rng, cell.grain)) + 0.6 * window.noise(rng, 0.018)
    membrane = np.exp(-(((nucleus_reach - 0.95) / 0.06) ** 2))
    chromatin = cell.density * (1 + cell.clumping * clumps + 0.15 * membrane)
    for _ in range(cell.nucleoli):
        place = centre + polar(rng, 0.55 * cell.radius * np.sqrt(rng.random()))
        chromatin *= 1 - np.float32(0.28) * window.spot(place, rng.uniform(0.06, 0.1))

    filled = _vacuoles(rng, cell, centre, window)
    return DrawnCell(
        window=window,
        body=body,
        nucleus=nucleus,
        clear=1 - inside(body_reach / np.float32(1 + 0.03 / cell.radius), 0.08 / cell.radius),
        azure=np.maximum(azure, 0.05) * body * (1 - nucleus) * filled,
        violet=np.maximum(chromatin, 0.1) * nucleus * (0.4 + 0.6 * filled),
        granules=np.float32(cell.granules) * grains * body * (1 - np.float32(0.85) * nucleus) * filled,
        orange=cell.orange,
    )


def _nucleus(rng: np.random.Generator, cell: WhiteCell, centre: complex, window: Window) -> Field:
    """Distance from a curled chain of lobes, in their radii."""
    # The chain: each lobe's centre follows the last at an angle of about `curl`.
    size = cell.radius * np.sqrt(cell.nucleus_ratio / cell.lobes)
    turns = cell.curl * (1 + 0.3 * rng.normal(size=cell.lobes))
    turns[0] = rng.uniform(0, 2 * np.pi)
    chain = np.cumsum(cell.spread * size * np.exp(1j * np.cumsum(turns)))
    chain -= chain.mean()

    # It is pressed together to fit the cell, and lies off the cell's centre.
    room, length = max(0.0, 0.94 * cell.radius - size), float(np.abs(chain).max())
    chain *= min(1.0, room / max(length, 1e-9))
    off_centre = rng.uniform(0.1, 0.9) * max(room - length, 0.25 * (cell.radius - cell.nucleus_radius))
    lobes = chain + centre + polar(rng, off_centre)
    sizes = size * (1 + 0.1 * rng.normal(size=cell.lobes))

    # Lobes and joints add up, so that neighbours flow into one another.
    nearness = np.zeros((len(window.y), window.x.shape[1]), np.float32)
    for lobe, radius in zip(lobes.tolist(), sizes.tolist(), strict=True):
        nearness += (np.float32(radius**2) / np.maximum(window.distance(lobe), np.float32(1e-4))) ** 4
    for start, end in zip(lobes[:-1].tolist(), lobes[1:].tolist(), strict=True):
        thickness = np.float32((cell.bridge * size) ** 2)
        nearness += (thickness / np.maximum(window.distance_from_line(start, end), np.float32(1e-4))) ** 4
    return np.sqrt(np.sqrt(np.sqrt(1 / nearness)))


def _vacuoles(rng: np.random.Generator, cell: WhiteCell, centre: complex, window: Window) -> Field:
    """Near 0 in vacuoles, which lie in a cluster, and 1 elsewhere."""
    filled = np.ones((len(window.y), window.x.shape[1]), np.float32)
    cluster = centre + polar(rng, 0.6 * cell.radius)
    for _ in range(cell.vacuoles):
        place = cluster + polar(rng, 0.4 * cell.radius * np.sqrt(rng.random()))
        filled *= 1 - np.float32(0.8) * window.spot(place, rng.uniform(0.035, 0.08))
    return filled
