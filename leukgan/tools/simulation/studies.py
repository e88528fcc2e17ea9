"""Many small studies of one population, each with its own data set and splits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import solve
from threadpoolctl import threadpool_limits

from leukgan.data.split import derive_seed, split_images
from leukgan.tools.simulation.population import Features, Labels, Population, Rows, render_population
from leukgan.tools.simulation.rates import Outcome, rates_of
from leukgan.tools.simulation.scenarios import SCENARIOS, Arms, Draws
from leukgan.tools.simulation.settings import SimulationSettings

PENALTY = 10.0  # about the best for a hundred thumbnails

Splits = list[tuple[Rows, Rows]]  # training and test part of each
Ridge = tuple[Features, float]  # weights (F,) and bias of a linear classifier: the sign of its sum is the class


@threadpool_limits.wrap(limits=1)  # problems this small take several threads longer to share than to solve
def simulate(settings: SimulationSettings, progress: Callable[[str], None]) -> pd.DataFrame:
    """The rates of each scenario, a row as `rates_of` gives it; all share the studies' data sets and splits.

    Args:
        settings: The number and size of the studies.
        progress: Receives the current work in a few words.
    """
    progress(f"{settings.population} cells")
    population = render_population(count=settings.population, seed=derive_seed(settings.seed))
    outcomes: dict[str, list[Outcome]] = {name: [] for name in settings.scenarios}
    for number in range(settings.studies):
        progress(f"study {number + 1} of {settings.studies}")
        splits, others = draw_study(settings, population, number)
        for name in settings.scenarios:
            place = list(SCENARIOS).index(name)  # so that a scenario draws the same beside any others
            rng = np.random.default_rng(derive_seed(settings.seed, number, 1 + place))
            draws = Draws(population, others, extra=settings.extra, splits=settings.splits, rng=rng)
            outcomes[name].append(_compare(population, splits, others, SCENARIOS[name].arms(draws)))

    train, test = splits[0]
    sizes = {"n_test": len(test), "n_train": len(train)}
    return pd.DataFrame([rates_of(name, found, **sizes) for name, found in outcomes.items()])


def draw_study(settings: SimulationSettings, population: Population, number: int) -> tuple[Splits, Rows]:
    """The splits of the study of this number, made as the product makes them, and all rows outside its data set."""
    labels = population.cells.labels
    rng = np.random.default_rng(derive_seed(settings.seed, number, 0))
    classes = (np.flatnonzero(labels == label) for label in (0, 1))
    rows = np.concatenate([rng.choice(cells, settings.images // 2, replace=False) for cells in classes])

    row_of = {population.cells.names[row]: row for row in rows}
    data, seed = population.cells.part(rows), derive_seed(settings.seed, number)
    splits = []
    for index in range(settings.splits):
        split = split_images(data, index=index, seed=seed, test_fraction=settings.test_fraction)
        train, test = (np.array([row_of[name] for name in part.names]) for part in (split.train, split.test))
        splits.append((train, test))
    return splits, np.setdiff1d(np.arange(len(labels)), rows)


def _compare(population: Population, splits: Splits, others: Rows, arms: list[Arms]) -> Outcome:
    """What a study sees of its two arms on each split, and what is true of them on all cells that none of them saw.

    The truth is measured on the first split: its classifiers are as good as any other's on average over studies.
    """
    differences, disagreements, gain = [], [], 0.0
    for index, ((train, test), pair) in enumerate(zip(splits, arms, strict=True)):
        learned = [np.concatenate([train, arm.extra]) for arm in pair]
        models = [fit_ridge(arm.views[rows], arm.labels[rows]) for arm, rows in zip(pair, learned, strict=True)]
        first, second = _correct(population, models, pair, test)
        differences.append(float(second.mean() - first.mean()))
        disagreements.append(float((first != second).mean()))
        if index == 0:
            unseen = np.setdiff1d(others, np.concatenate([arm.extra for arm in pair]))
            first, second = _correct(population, models, pair, unseen)
            gain = float(second.mean() - first.mean())

    return Outcome(tuple(differences), float(np.mean(disagreements)), gain)


def fit_ridge(views: Features, labels: Labels) -> Ridge:
    """The ridge classifier (Hoerl and Kennard, 1970): least squares to the classes -1 and 1, solved at once.

    Args:
        views: Pixels (N, F).
        labels: Classes (N,), 0 or 1.
    """
    targets = 2.0 * labels - 1
    middle, mean = views.mean(axis=0), float(targets.mean())
    x = views - middle
    gram = x.T @ x + PENALTY * np.eye(x.shape[1])  # (F, F)
    weights = solve(gram, x.T @ (targets - mean), assume_a="pos")
    return weights, mean - float(middle @ weights)


def _correct(population: Population, models: list[Ridge], arms: Arms, rows: Rows) -> list[NDArray[np.bool_]]:
    """Which of the cells at `rows` each arm's classifier gets right, (N,) each."""
    labels = population.cells.labels[rows]
    return [(arm.views[rows] @ weights + bias > 0) == labels for (weights, bias), arm in zip(models, arms, strict=True)]
