"""Many small studies of one population, each with its own data set and splits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from leukgan.data.split import derive_seed, split_images
from leukgan.tools.simulation.population import Population, render_population
from leukgan.tools.simulation.rates import Outcome, Rates, rates_of
from leukgan.tools.simulation.ridge import Ridge, fit_ridge
from leukgan.tools.simulation.scenarios import SCENARIOS, Arm, Arms, Draws, Rows
from leukgan.tools.simulation.settings import Simulation


@dataclass(frozen=True)
class Study:
    """A data set and its splits, all as rows of the population.

    Attributes:
        splits: Training and test part of each split.
        others: All rows outside the data set.
    """

    splits: tuple[tuple[Rows, Rows], ...]
    others: Rows


@threadpool_limits.wrap(limits=1)  # problems this small take several threads longer to share than to solve
def simulate(simulation: Simulation, report: Callable[[str], None]) -> list[Rates]:
    """The rates of each scenario; all scenarios share the studies' data sets and splits.

    Args:
        simulation: How many studies of what size.
        report: Called with a word on what is being done.
    """
    report(f"{simulation.population} cells")
    population = render_population(count=simulation.population, seed=derive_seed(simulation.seed))
    outcomes: dict[str, list[Outcome]] = {name: [] for name in simulation.scenarios}
    for number in range(simulation.studies):
        report(f"study {number + 1} of {simulation.studies}")
        study = draw_study(simulation, population, number)
        for name in simulation.scenarios:
            place = list(SCENARIOS).index(name)  # so that a scenario draws the same beside any others
            draws = Draws(
                population=population,
                others=study.others,
                extra=simulation.extra,
                splits=simulation.splits,
                rng=np.random.default_rng(derive_seed(simulation.seed, number, 1 + place)),
            )
            outcomes[name].append(compare(population, study, SCENARIOS[name].arms(draws)))
    train, test = study.splits[0]
    return [
        rates_of(name, SCENARIOS[name].sign, outcomes[name], n_test=len(test), n_train=len(train))
        for name in simulation.scenarios
    ]


def draw_study(simulation: Simulation, population: Population, number: int) -> Study:
    """The study of this number: half of its images of each class, split as the product splits them."""
    rng = np.random.default_rng(derive_seed(simulation.seed, number, 0))
    classes = (np.flatnonzero(population.labels == label) for label in (0, 1))
    rows = np.concatenate([rng.choice(cells, simulation.images // 2, replace=False) for cells in classes])
    row_of = {population.cells.names[row]: row for row in rows}
    data = population.cells.part(rows)
    split_seed = derive_seed(simulation.seed, number)

    def split(index: int) -> tuple[Rows, Rows]:
        made = split_images(data, index=index, seed=split_seed, test_fraction=simulation.test_fraction)
        return rows_of(made.train.names), rows_of(made.test.names)

    def rows_of(names: tuple[str, ...]) -> Rows:
        return np.array([row_of[name] for name in names])

    others = np.setdiff1d(np.arange(len(population)), rows)
    return Study(splits=tuple(split(index) for index in range(simulation.splits)), others=others)


def compare(population: Population, study: Study, arms: list[Arms]) -> Outcome:
    """What a study sees of its two arms on each split, and what is true of them on all cells that none of them saw.

    The truth is measured on the first split: its classifiers are as good as any other's on average over studies.
    """
    differences, disagreements, gain = [], [], 0.0
    for index, ((train, test), pair) in enumerate(zip(study.splits, arms, strict=True)):
        fitted = [fit(arm, train) for arm in pair]
        right = [rights(population, model, arm, test) for model, arm in zip(fitted, pair, strict=True)]
        differences.append(float(right[1].mean() - right[0].mean()))
        disagreements.append(float((right[0] != right[1]).mean()))
        if index == 0:
            unseen = np.setdiff1d(study.others, np.concatenate([arm.extra for arm in pair]))
            first, second = (rights(population, *one, unseen).mean() for one in zip(fitted, pair, strict=True))
            gain = float(second - first)
    return Outcome(tuple(differences), float(np.mean(disagreements)), gain)


def fit(arm: Arm, train: Rows) -> Ridge:
    """The arm's classifier."""
    rows = np.concatenate([train, arm.extra])
    return fit_ridge(arm.views[rows], arm.labels[rows])


def rights(population: Population, model: Ridge, arm: Arm, rows: Rows) -> NDArray[np.bool_]:
    """Which of the cells at `rows` an arm's classifier gets right, (N,)."""
    return model.predict(arm.views[rows]) == population.labels[rows]
