"""Traits of healthy white cells and of blasts, and the path between them.

A blast of severity 0 looks like its lineage's mature cell, one of severity 1 is obvious; in between lie the stages of
maturation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from leukgan.data.sources.smears.cells import WhiteCell
from leukgan.errors import InputError

SUBTYPES = ("small_lymphocyte", "neutrophil", "eosinophil", "monocyte")
LARGEST = 0.76  # radius of the largest cell that fits the frame
SKEW = 0.8  # of blasts towards obvious ones: makes difficulty 0.5 as hard as the paper's data, which a test holds
COUNTED = tuple(field.name for field in fields(WhiteCell) if field.type is int)

# Per trait: the least and the greatest value that a cell can have, then the mean and the standard deviation of a normal
# distribution for small lymphocytes, neutrophils, eosinophils, monocytes and obvious blasts. Sizes and stains of
# lymphocytes and monocytes are measured from Acevedo et al. (2020), all else is textbook haematology.
_TRAITS: dict[str, tuple[tuple[float, float], ...]] = {
    "nucleus_radius": ((0.18, 0.68), (0.35, 0.025), (0.288, 0.02), (0.3, 0.022), (0.452, 0.022), (0.565, 0.05)),
    "nucleus_ratio": ((0.2, 0.9), (0.77, 0.07), (0.36, 0.05), (0.36, 0.05), (0.565, 0.14), (0.86, 0.03)),
    "shape": ((0.005, 0.12), (0.035, 0.015), (0.025, 0.01), (0.03, 0.01), (0.06, 0.025), (0.035, 0.015)),
    "tail": ((0.0, 0.7), (-0.3, 0.3), (-0.5, 0.3), (-0.5, 0.3), (-0.1, 0.35), (-0.3, 0.3)),
    "ruffle": ((0.005, 0.07), (0.022, 0.008), (0.015, 0.005), (0.02, 0.005), (0.014, 0.007), (0.015, 0.008)),
    "lobes": ((1, 5), (1, 0), (3.4, 0.8), (2.1, 0.35), (2.6, 0.6), (1, 0)),
    "spread": ((0.0, 2.8), (0.2, 0.1), (2.15, 0.15), (2.2, 0.2), (1.35, 0.3), (0.2, 0.1)),
    "bridge": ((0.2, 1.0), (0.9, 0.05), (0.36, 0.06), (0.4, 0.08), (0.8, 0.12), (0.9, 0.05)),
    "curl": ((0.0, 1.9), (0.5, 0.3), (1.2, 0.3), (0.7, 0.4), (1.1, 0.4), (0.5, 0.3)),
    "wobble": ((0.0, 0.12), (0.05, 0.02), (0.04, 0.015), (0.04, 0.015), (0.08, 0.03), (0.07, 0.025)),
    "density": ((0.45, 1.5), (1.04, 0.06), (1.02, 0.08), (0.95, 0.08), (0.82, 0.09), (0.95, 0.1)),
    "clumping": ((0.04, 0.4), (0.2, 0.05), (0.2, 0.04), (0.2, 0.04), (0.3, 0.05), (0.09, 0.03)),
    "grain": ((0.022, 0.09), (0.035, 0.007), (0.055, 0.01), (0.055, 0.01), (0.032, 0.006), (0.028, 0.004)),
    "nucleoli": ((0, 5), (0, 0.3), (0, 0), (0, 0), (0, 0.4), (2.2, 1.0)),
    "basophilia": ((0.05, 1.7), (1.12, 0.25), (0.2, 0.05), (0.15, 0.06), (0.8, 0.23), (0.6, 0.25)),
    "granules": ((0.0, 1.8), (0.0, 0.03), (0.68, 0.12), (0.85, 0.12), (0.08, 0.05), (0.0, 0.05)),
    "granule_size": ((0.02, 0.06), (0.03, 0.005), (0.024, 0.003), (0.032, 0.004), (0.024, 0.004), (0.024, 0.004)),
    "orange": ((0.0, 1.0), (0.1, 0.05), (0.05, 0.05), (0.75, 0.15), (0.05, 0.05), (0.05, 0.05)),
    "vacuoles": ((0, 12), (0, 0.4), (0, 0.4), (0, 0.5), (2.5, 3.5), (0, 0.7)),
}
LIMITS = {name: row[0] for name, row in _TRAITS.items()}
TRAITS = {subtype: {name: row[1 + k] for name, row in _TRAITS.items()} for k, subtype in enumerate(SUBTYPES)}
BLAST = {name: row[-1] for name, row in _TRAITS.items()}


@dataclass(frozen=True)
class Specimen:
    """A white cell with its true kind."""

    blast: bool
    lineage: str  # the healthy subtype; for a blast, the one that it matures to
    severity: float  # 0 for healthy cells; for blasts up to 1, an obvious one
    cell: WhiteCell

    def facts(self) -> dict[str, str | float | int]:
        """Its columns in `SmearTruth.table`."""
        return {
            "subtype": "blast" if self.blast else self.lineage,
            "lineage": self.lineage,
            "severity": self.severity,
            "radius": self.cell.radius,
            "nucleus_ratio": self.cell.nucleus_ratio,
            "lobes": self.cell.lobes,
        }


def draw_specimen(
    rng: np.random.Generator, *, blast: bool, subtypes: Sequence[str] = SUBTYPES, difficulty: float = 0.5
) -> Specimen:
    """A healthy cell, or a blast; blasts are all of severity 1 at difficulty 0 and of severity 0 at difficulty 1."""
    lineage = str(subtypes[int(rng.integers(len(subtypes)))])
    exponent = SKEW * difficulty / max(1 - difficulty, 1e-9)
    severity = float(rng.random() ** exponent) if blast else 0.0

    values = {}
    for name, (low, high) in LIMITS.items():
        deviate = rng.normal()  # shared by both ends, so that one cell becomes more and more of a blast
        mature, immature = (mean + spread * deviate for mean, spread in (TRAITS[lineage][name], BLAST[name]))
        values[name] = float(np.clip((1 - severity) * mature + severity * immature, low, high))

    # A nucleus too large for its cell to fit the frame gets a thinner rim of cytoplasm.
    values["nucleus_ratio"] = max(values["nucleus_ratio"], (values["nucleus_radius"] / LARGEST) ** 2)
    counts = {name: round(values[name]) for name in COUNTED}
    return Specimen(blast, lineage, severity, WhiteCell(**(values | counts)))  # type: ignore[arg-type]


def check_subtypes(subtypes: Sequence[str]) -> tuple[str, ...]:
    """The subtypes; an InputError if one is unknown or named twice."""
    names = (subtypes,) if isinstance(subtypes, str) else tuple(subtypes)
    if not names or len(set(names)) < len(names) or not set(names) <= set(SUBTYPES):
        raise InputError(
            f"data.subtypes must be different ones of {', '.join(SUBTYPES)}, got {list(names)}; "
            "write for example 'data.subtypes=[small_lymphocyte,monocyte]'."
        )
    return names
