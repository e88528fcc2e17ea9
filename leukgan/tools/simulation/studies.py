"""Many small studies of one population, each with its own data set and splits."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
from scipy.linalg import solve
from threadpoolctl import threadpool_limits

from leukgan.data.split import derive_seed, split_images
from leukgan.presentation.console import Progress
from leukgan.statistics.classifier_metrics import Predictions, metric_values
from leukgan.tools.simulation.rates import Outcome, rates_of
from leukgan.tools.simulation.scenarios import (
    SCENARIOS,
    Arms,
    Draws,
    Features,
    Labels,
    Population,
    Rows,
    render_population,
)
from leukgan.tools.simulation.settings import SimulationSettings

PENALTY = 10.0  # about the best for a hundred thumbnails

Splits = list[tuple[Rows, Rows]]  # training and test part of each
Ridge = tuple[Features, float]  # weights (F,) and bias of a linear classifier: the sign of its sum is the class


@threadpool_limits.wrap(limits=1)  # problems this small take several threads longer to share than to solve
def simulate(settings: SimulationSettings, progress: Progress) -> pd.DataFrame:
    """The rates of each scenario and metric, a row as `rates_of` gives it; all share data sets and splits."""
    progress(f"{settings.population} cells")
    population = render_population(count=settings.population, seed=derive_seed(settings.seed))
    outcomes: dict[tuple[str, str], list[Outcome]] = {
        pair: [] for pair in product(settings.scenarios, settings.metrics)
    }
    for number in range(settings.studies):
        progress(f"study {number + 1} of {settings.studies}", number, settings.studies)
        splits, others = draw_study(settings, population, number)
        for name in settings.scenarios:
            place = list(SCENARIOS).index(name)  # so that a scenario draws the same beside any others
            rng = np.random.default_rng(derive_seed(settings.seed, number, 1 + place))
            draws = Draws(population, others, extra=settings.extra, splits=settings.splits, rng=rng)
            arms = SCENARIOS[name].arms(draws)
            for metric, outcome in _compare(settings.metrics, population, splits, others, arms).items():
                outcomes[name, metric].append(outcome)

    train, test = splits[0]
    return pd.DataFrame(
        [rates_of(*pair, found, n_test=len(test), n_train=len(train)) for pair, found in outcomes.items()]
    )


def draw_study(settings: SimulationSettings, population: Population, number: int) -> tuple[Splits, Rows]:
    """The splits of the study of this number, as the product makes them, and rows outside its data set.

    Of both the same share is positive.
    """
    labels = population.cells.labels
    rng = np.random.default_rng(derive_seed(settings.seed, number, 0))
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(labels == label), settings.of_class(label), replace=False) for label in (0, 1)]
    )

    row_of = {population.cells.names[row]: row for row in rows}
    data, seed = population.cells.part(rows), derive_seed(settings.seed, number)
    splits = []
    for index in range(settings.splits):
        split = split_images(data, index=index, seed=seed, test_fraction=settings.test_fraction)
        train, test = (np.array([row_of[name] for name in part.names]) for part in (split.train, split.test))
        splits.append((train, test))

    # As many of the other cells as the class allows that is first used up.
    rest = [np.setdiff1d(np.flatnonzero(labels == label), rows) for label in (0, 1)]
    share = min(len(cells) / settings.of_class(label) for label, cells in enumerate(rest))
    others = [rng.permutation(cells)[: round(share * settings.of_class(label))] for label, cells in enumerate(rest)]
    return splits, np.sort(np.concatenate(others))


def _compare(
    metrics: Sequence[str], population: Population, splits: Splits, others: Rows, arms: list[Arms]
) -> dict[str, Outcome]:
    """What a study sees of its two arms on each split by each metric, and what is true on cells that none of them saw.

    The truth is measured on the first split: its classifiers are as good as any other's on average over studies.
    """
    differences: dict[str, list[float]] = {metric: [] for metric in metrics}
    gains: dict[str, float] = {}
    disagreements = []
    for index, ((train, test), pair) in enumerate(zip(splits, arms, strict=True)):
        learned = [np.concatenate([train, arm.extra]) for arm in pair]
        models = [fit_ridge(arm.views[rows], arm.labels[rows]) for arm, rows in zip(pair, learned, strict=True)]
        tested = _predict(population, models, pair, test)
        for metric, seen in differences.items():
            seen.append(_gain(metric, tested))
        disagreements.append(float((tested[0].predicted != tested[1].predicted).mean()))

        if index == 0:
            unseen = np.setdiff1d(others, np.concatenate([arm.extra for arm in pair]))
            truth = _predict(population, models, pair, unseen)
            gains = {metric: _gain(metric, truth) for metric in metrics}

    disagreement = float(np.mean(disagreements))
    return {metric: Outcome(tuple(seen), disagreement, gains[metric]) for metric, seen in differences.items()}


def _gain(metric: str, arms: list[Predictions]) -> float:
    """The second arm's metric minus the first's."""
    first, second = (float(metric_values(metric, arm)[0]) for arm in arms)
    return second - first


def fit_ridge(views: Features, labels: Labels) -> Ridge:
    """The ridge classifier (Hoerl and Kennard, 1970) of views (N, F): least squares to the classes, solved at once."""
    targets = 2.0 * labels - 1
    middle, mean = views.mean(axis=0), float(targets.mean())
    x = views - middle
    gram = x.T @ x + PENALTY * np.eye(x.shape[1])  # (F, F)
    weights = solve(gram, x.T @ (targets - mean), assume_a="pos")
    return weights, mean - float(middle @ weights)


def _predict(population: Population, models: list[Ridge], arms: Arms, rows: Rows) -> list[Predictions]:
    """What each arm's classifier says of the cells at `rows`."""
    labels, predictions = population.cells.labels[rows], []
    for (weights, bias), arm in zip(models, arms, strict=True):
        scores = arm.views[rows] @ weights + bias
        none = np.full(len(rows), np.nan)
        predictions.append(Predictions(labels, (scores > 0).astype(np.int64), scores, none))
    return predictions
