"""The population that all simulated studies draw from: rendered smears as small thumbnails."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukgan.classification.thumbnails import Thumbnails
from leukgan.data.images import CellImages
from leukgan.data.sources.smears import render_smears

SIDE = 8  # pixels of a thumbnail's side: a linear classifier is as good on them as on larger ones, and faster

Features = NDArray[np.float64]
Labels = NDArray[np.int64]
Rows = NDArray[np.int64]  # of the population


@dataclass(frozen=True)
class Population:
    """Cells whose share of each class and whose look are the truth: it is finite, and a study is a draw from it.

    Attributes:
        cells: The P images, healthy and leukemia in turn.
        thumbnails: Their small copies, (P, 3, SIDE, SIDE) in [0, 1].
    """

    cells: CellImages
    thumbnails: Features

    def view(self, share: float = 1.0, *, mirrored: bool = False) -> Features:
        """Pixels (P, F) of this share of the columns from the left edge, of the mirrored cells if wished."""
        seen = self.thumbnails[..., ::-1] if mirrored else self.thumbnails
        return seen[..., : round(share * SIDE)].reshape(len(self.cells), -1)


def render_population(*, count: int, seed: int) -> Population:
    """A population of `count` rendered cells."""
    cells = render_smears(image_size=32, count=count, seed=seed)
    thumbnails = Thumbnails(SIDE).transform(cells.images).astype(np.float64)  # (P, 3*SIDE*SIDE)
    return Population(cells, thumbnails.reshape(count, 3, SIDE, SIDE))
