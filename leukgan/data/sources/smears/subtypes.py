"""What white cells are like: the traits of healthy subtypes and of blasts, and the way from the one to the other.

A blast of severity 0 is its lineage's mature cell and one of severity 1 an obvious blast; between them it stands as the
stages of maturation do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from leukgan.data.sources.smears.cells import WhiteCell
from leukgan.errors import InputError

SUBTYPES = ("small_lymphocyte", "neutrophil", "eosinophil", "monocyte")
LARGEST = 0.76  # radius of a cell that the frame still holds
SKEW = 0.8  # of blasts towards obvious ones; sets how hard difficulty 0.5 is: as the study's data, which a test holds
COUNTED = tuple(field.name for field in fields(WhiteCell) if field.type == "int")

# Mean and spread of normal distributions, cut at the limits of what a cell can be. Sizes and stains of lymphocytes and
# monocytes are those of Acevedo et al. (2020), all else is textbook haematology.
LIMITS = {
    "nucleus_radius": (0.18, 0.68),
    "nucleus_ratio": (0.2, 0.9),
    "shape": (0.005, 0.12),
    "tail": (0.0, 0.7),
    "ruffle": (0.005, 0.07),
    "lobes": (1, 5),
    "spread": (0.0, 2.8),
    "bridge": (0.2, 1.0),
    "curl": (0.0, 1.9),
    "wobble": (0.0, 0.12),
    "density": (0.45, 1.5),
    "clumping": (0.04, 0.4),
    "grain": (0.022, 0.09),
    "nucleoli": (0, 5),
    "basophilia": (0.05, 1.7),
    "granules": (0.0, 1.8),
    "granule_size": (0.02, 0.06),
    "orange": (0.0, 1.0),
    "vacuoles": (0, 12),
}
TRAITS: dict[str, dict[str, tuple[float, float]]] = {
    "small_lymphocyte": {
        "nucleus_radius": (0.35, 0.025),
        "nucleus_ratio": (0.77, 0.07),
        "shape": (0.035, 0.015),
        "tail": (-0.3, 0.3),
        "ruffle": (0.022, 0.008),
        "lobes": (1, 0),
        "spread": (0.2, 0.1),
        "bridge": (0.9, 0.05),
        "curl": (0.5, 0.3),
        "wobble": (0.05, 0.02),
        "density": (1.04, 0.06),
        "clumping": (0.2, 0.05),
        "grain": (0.035, 0.007),
        "nucleoli": (0, 0.3),
        "basophilia": (1.12, 0.25),
        "granules": (0.0, 0.03),
        "granule_size": (0.03, 0.005),
        "orange": (0.1, 0.05),
        "vacuoles": (0, 0.4),
    },
    "neutrophil": {
        "nucleus_radius": (0.288, 0.02),
        "nucleus_ratio": (0.36, 0.05),
        "shape": (0.025, 0.01),
        "tail": (-0.5, 0.3),
        "ruffle": (0.015, 0.005),
        "lobes": (3.4, 0.8),
        "spread": (2.15, 0.15),
        "bridge": (0.36, 0.06),
        "curl": (1.2, 0.3),
        "wobble": (0.04, 0.015),
        "density": (1.02, 0.08),
        "clumping": (0.2, 0.04),
        "grain": (0.055, 0.01),
        "nucleoli": (0, 0),
        "basophilia": (0.2, 0.05),
        "granules": (0.68, 0.12),
        "granule_size": (0.024, 0.003),
        "orange": (0.05, 0.05),
        "vacuoles": (0, 0.4),
    },
    "eosinophil": {
        "nucleus_radius": (0.3, 0.022),
        "nucleus_ratio": (0.36, 0.05),
        "shape": (0.03, 0.01),
        "tail": (-0.5, 0.3),
        "ruffle": (0.02, 0.005),
        "lobes": (2.1, 0.35),
        "spread": (2.2, 0.2),
        "bridge": (0.4, 0.08),
        "curl": (0.7, 0.4),
        "wobble": (0.04, 0.015),
        "density": (0.95, 0.08),
        "clumping": (0.2, 0.04),
        "grain": (0.055, 0.01),
        "nucleoli": (0, 0),
        "basophilia": (0.15, 0.06),
        "granules": (0.85, 0.12),
        "granule_size": (0.032, 0.004),
        "orange": (0.75, 0.15),
        "vacuoles": (0, 0.5),
    },
    "monocyte": {
        "nucleus_radius": (0.452, 0.022),
        "nucleus_ratio": (0.565, 0.14),
        "shape": (0.06, 0.025),
        "tail": (-0.1, 0.35),
        "ruffle": (0.014, 0.007),
        "lobes": (2.6, 0.6),
        "spread": (1.35, 0.3),
        "bridge": (0.8, 0.12),
        "curl": (1.1, 0.4),
        "wobble": (0.08, 0.03),
        "density": (0.82, 0.09),
        "clumping": (0.3, 0.05),
        "grain": (0.032, 0.006),
        "nucleoli": (0, 0.4),
        "basophilia": (0.8, 0.23),
        "granules": (0.08, 0.05),
        "granule_size": (0.024, 0.004),
        "orange": (0.05, 0.05),
        "vacuoles": (2.5, 3.5),
    },
}
BLAST: dict[str, tuple[float, float]] = {
    "nucleus_radius": (0.565, 0.05),
    "nucleus_ratio": (0.86, 0.03),
    "shape": (0.035, 0.015),
    "tail": (-0.3, 0.3),
    "ruffle": (0.015, 0.008),
    "lobes": (1, 0),
    "spread": (0.2, 0.1),
    "bridge": (0.9, 0.05),
    "curl": (0.5, 0.3),
    "wobble": (0.07, 0.025),
    "density": (0.95, 0.1),
    "clumping": (0.09, 0.03),
    "grain": (0.028, 0.004),
    "nucleoli": (2.2, 1.0),
    "basophilia": (0.6, 0.25),
    "granules": (0.0, 0.05),
    "granule_size": (0.024, 0.004),
    "orange": (0.05, 0.05),
    "vacuoles": (0, 0.7),
}


@dataclass(frozen=True)
class Specimen:
    """A white cell and what it is.

    Attributes:
        lineage: Its healthy subtype, that of a blast's mature cells.
        severity: 0 for healthy cells; how far a blast is from its mature cell, 1 for an obvious one.
    """

    lineage: str
    severity: float
    cell: WhiteCell


def draw_specimen(
    rng: np.random.Generator, *, blast: bool, subtypes: Sequence[str] = SUBTYPES, difficulty: float = 0.5
) -> Specimen:
    """A healthy cell, or a blast whose severity goes from 1 at difficulty 0 to 0 at difficulty 1."""
    lineage = str(subtypes[int(rng.integers(len(subtypes)))])
    exponent = SKEW * difficulty / max(1 - difficulty, 1e-9)
    severity = float(rng.random() ** exponent) if blast else 0.0
    values = {}
    for name, (low, high) in LIMITS.items():
        deviate = rng.normal()  # one for both, so that the same cell becomes more of a blast
        mature, immature = (mean + spread * deviate for mean, spread in (TRAITS[lineage][name], BLAST[name]))
        values[name] = float(np.clip((1 - severity) * mature + severity * immature, low, high))
    values["nucleus_ratio"] = max(values["nucleus_ratio"], (values["nucleus_radius"] / LARGEST) ** 2)
    counts = {name: round(values[name]) for name in COUNTED}
    return Specimen(lineage, severity, WhiteCell(**(values | counts)))  # type: ignore[arg-type]


def check_subtypes(subtypes: Sequence[str]) -> tuple[str, ...]:
    """The subtypes, if they are known and different."""
    names = (subtypes,) if isinstance(subtypes, str) else tuple(subtypes)
    if not names or len(set(names)) < len(names) or not set(names) <= set(SUBTYPES):
        raise InputError(
            f"data.subtypes must be different ones of {', '.join(SUBTYPES)}, got {list(names)}; "
            "write for example 'data.subtypes=[small_lymphocyte,monocyte]'."
        )
    return names
