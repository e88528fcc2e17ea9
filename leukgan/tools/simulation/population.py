"""The population that all simulated studies draw from: rendered smears as small thumbnails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukgan.classification.thumbnails import Thumbnails
from leukgan.data.images import CellImages
from leukgan.data.sources.smears import render_smears
from leukgan.tools.simulation.ridge import Features

SIDE = 8  # pixels of a thumbnail's side: a linear classifier is as good on them as on larger ones, and faster


@dataclass(frozen=True)
class Population:
    """Cells whose share of each class and whose look are the truth: it is finite, and a study is a draw from it.

    Attributes:
        cells: The P images, healthy and leukemia in turn.
        thumbnails: Their small copies, (P, 3, SIDE, SIDE) in [0, 1].
    """

    cells: CellImages
    thumbnails: Features

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The true classes (P,)."""
        return self.cells.labels

    @property
    def whole(self) -> Features:
        """What a classifier sees of whole cells, (P, 3*SIDE*SIDE)."""
        return self.thumbnails.reshape(len(self), -1)

    def left(self, share: float, *, mirrored: bool = False) -> Features:
        """What it sees of this share of the columns from the left edge, of the mirrored cells if wished, (P, F)."""
        seen = self.thumbnails[..., ::-1] if mirrored else self.thumbnails
        return seen[..., : round(share * SIDE)].reshape(len(self), -1)


def render_population(*, count: int, seed: int) -> Population:
    """A population of `count` rendered cells."""
    cells = render_smears(image_size=32, count=count, seed=seed)
    thumbnails = Thumbnails(SIDE).transform(cells.images).astype(np.float64)  # (P, 3*SIDE*SIDE)
    return Population(cells, thumbnails.reshape(count, 3, SIDE, SIDE))
