"""What simulated studies draw from, what differs between their two arms, and with it what is true of them.

In each scenario either chance alone says which arm is which, so that there is no effect, or the second is better or
worse on purpose.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukgan.classification.thumbnails import Thumbnails
from leukgan.data.images import CellImages
from leukgan.data.sources.smears import render_smears

SIDE = 8  # pixels of a thumbnail's side: a linear classifier is as good on them as on larger ones, and faster
QUARTER = 0.25
UNLUCKY = 0.25  # share of an arm's training labels that are wrong
CONFUSED = 0.6  # share of a generator's labels that are wrong

Features = NDArray[np.float64]
Labels = NDArray[np.int64]
Rows = NDArray[np.int64]  # of the population


@dataclass(frozen=True)
class Population:
    """Cells whose share of each class and whose look are the truth: it is finite, and a study is a draw from it."""

    cells: CellImages  # the P images, healthy and leukemia in turn
    thumbnails: Features  # their small copies, (P, 3, SIDE, SIDE) in [0, 1]

    def view(self, share: float = 1.0, *, mirrored: bool = False) -> Features:
        """Pixels (P, F) of this share of the columns from the left edge, of the mirrored cells if wished."""
        seen = self.thumbnails[..., ::-1] if mirrored else self.thumbnails
        return seen[..., : round(share * SIDE)].reshape(len(self.cells), -1)


def render_population(*, count: int, seed: int) -> Population:
    """A population of `count` rendered cells."""
    cells = render_smears(image_size=32, count=count, seed=seed)
    thumbnails = Thumbnails(SIDE).transform(cells.images).astype(np.float64)  # (P, 3*SIDE*SIDE)
    return Population(cells, thumbnails.reshape(count, 3, SIDE, SIDE))


@dataclass(frozen=True)
class Arm:
    """What one of the two classifiers that a study compares gets to see and to learn from."""

    views: Features  # what it sees of each image of the population, (P, F)
    labels: Labels  # training labels (P,), possibly wrong; evaluation uses the true labels
    extra: Rows  # rows that it learns from beside the training part: the images of a generator


Arms = tuple[Arm, Arm]


@dataclass(frozen=True)
class Draws:
    """What a scenario may draw from."""

    population: Population
    others: Rows  # rows that are not in the study's data set
    extra: int  # number of images that a generator gives
    splits: int
    rng: np.random.Generator  # the study's and the scenario's own

    def arm(self, *, views: Features | None = None, labels: Labels | None = None, extra: Rows | None = None) -> Arm:
        """An arm with whole cells, the true labels and the training part alone, but for what is given."""
        return Arm(
            views=self.population.view() if views is None else views,
            labels=self.population.cells.labels if labels is None else labels,
            extra=self.others[:0] if extra is None else extra,
        )

    def generated(self, count: int) -> Rows:
        """Rows (count,) of cells outside the data set, each at most once: what an ideal generator would give."""
        return self.rng.choice(self.others, count, replace=False)

    def coins(self, chance: float) -> NDArray[np.bool_]:
        """A coin for each cell of the population, (P,)."""
        return self.rng.random(len(self.population.cells)) < chance


def halves(draws: Draws) -> list[Arms]:
    """One arm sees the left half of a cell and the other the right half, mirrored; a coin for each cell says which.

    The coins make the arms exchangeable, so that there is no effect, exactly; yet in one data set one arm has the
    better halves, in every split.
    """
    left, right = draws.population.view(0.5), draws.population.view(0.5, mirrored=True)
    coins = draws.coins(0.5)[:, None]
    arms = draws.arm(views=np.where(coins, left, right)), draws.arm(views=np.where(coins, right, left))
    return [arms] * draws.splits


def equal_generators(draws: Draws) -> list[Arms]:
    """Each arm has its own images of an ideal generator, drawn once for all splits: exchangeable, so no effect."""
    rows = draws.generated(2 * draws.extra)
    return [(draws.arm(extra=rows[: draws.extra]), draws.arm(extra=rows[draws.extra :]))] * draws.splits


def unlucky_labels(draws: Draws) -> list[Arms]:
    """A quarter of each arm's labels is wrong, drawn once for all splits: no effect over all data sets.

    In one data set one arm learns from the better labels in every split, which more test images would not even out.
    """
    truth = draws.population.cells.labels
    first, second = (draws.arm(labels=np.where(draws.coins(UNLUCKY), 1 - truth, truth)) for _ in range(2))
    return [(first, second)] * draws.splits


def quarter_and_whole(draws: Draws) -> list[Arms]:
    """The first arm sees the left quarter of the cell and the second all of it: a gain in every data set."""
    return [(draws.arm(views=draws.population.view(QUARTER)), draws.arm())] * draws.splits


def ideal_generator(draws: Draws) -> list[Arms]:
    """The second arm has images of an ideal generator, new ones for each split as a study trains a GAN for each."""
    return [(draws.arm(), draws.arm(extra=draws.generated(draws.extra))) for _ in range(draws.splits)]


def confused_generator(draws: Draws) -> list[Arms]:
    """The second arm has images whose class is wrong more often than right, new ones for each split: a harm."""

    def harmed() -> Arm:
        truth, extra = draws.population.cells.labels, draws.generated(draws.extra)
        wrong = np.zeros(len(truth), bool)
        wrong[extra] = draws.coins(CONFUSED)[extra]
        return draws.arm(labels=np.where(wrong, 1 - truth, truth), extra=extra)

    return [(draws.arm(), harmed()) for _ in range(draws.splits)]


class Scenario(NamedTuple):
    """The arms of each split, and the sign of the second's true gain: 0 for no effect, 1 or -1."""

    arms: Callable[[Draws], list[Arms]]
    sign: int


SCENARIOS = {
    "halves": Scenario(halves, 0),
    "equal_generators": Scenario(equal_generators, 0),
    "unlucky_labels": Scenario(unlucky_labels, 0),
    "quarter_and_whole": Scenario(quarter_and_whole, 1),
    "ideal_generator": Scenario(ideal_generator, 1),
    "confused_generator": Scenario(confused_generator, -1),
}
