"""A guided search for the settings of a GAN: the training of a trial, its early end, and the files of the search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import hydra
import optuna
import pandas as pd
from omegaconf import DictConfig

from leukgan.config import as_override, check_minimums, split_indices
from leukgan.run_folder.files import write_atomic
from leukgan.search.guided import Prune, Search, importances
from leukgan.search.leaderboard import check_none_failed, write_leaderboard
from leukgan.search.objective import KID, Objective, mean_kids, objective_of_run
from leukgan.search.space import Point, parameters_of
from leukgan.search.sweep import shared_settings
from leukgan.study.settings import plan_of
from leukgan.study.split_gans import SplitGANs, train_gans


def search_gans(cfg: DictConfig, arguments: Sequence[str], show: Callable[[str], None]) -> Path:
    """Do trials until the budget is claimed, renew the leaderboard after each, and return its path.

    Args:
        cfg: The settings of the search.
        arguments: The overrides of its command line.
        show: Prints how it goes.

    Raises:
        InputError: A setting is wrong, or a trial failed for another reason than that it diverged.
    """
    check_minimums(cfg, {"trials": 1, "startup_trials": 1})
    parameters, fixed = parameters_of(cfg.space, arguments)

    def compose(label: str, point: Point) -> DictConfig:
        chosen = [as_override(f"{key}={value}") for key, value in point.items()]
        return hydra.compose("search", [*arguments, *chosen, f"name={cfg.name}/{label}", f"trial_of={cfg.name}"])

    # A mistake that all trials share is an error at once.
    plan_of(compose("check", {}), classifies=False)

    search = Search(
        folder=Path("runs") / cfg.name,
        name=cfg.name,
        parameters=parameters,
        settings=shared_settings(fixed),
        trials=cfg.trials,
        objective=cfg.objective,
        direction=cfg.direction,
        seed=cfg.seed,
        startup_trials=cfg.startup_trials,
        prune=cfg.prune,
        storage=cfg.storage,
    )
    study = search.open()
    for _ in search.run(study, lambda label, point, prune: train(compose(label, point), prune), show):
        _write_results(search, study)

    show(_write_results(search, study))
    check_none_failed(search.folder, search.results(study))
    return search.folder / "leaderboard.csv"


def train(cfg: DictConfig, prune: Prune) -> Objective:
    """Train a trial's GANs, unless it is pruned, and measure them.

    If the objective is the distance to validation images, `prune` gets it of all steps but the last, at which a trial
    is complete.
    """
    plan, indices = plan_of(cfg, classifies=False), split_indices(cfg)
    labels = [label for label, name in enumerate(plan.images.classes) if cfg.class_name in (None, name)]

    def watch() -> None:
        for position, index in enumerate(indices if cfg.objective == KID else ()):
            split = SplitGANs(plan, index)
            folders = {split.folder / "gan" / split.gan_of(label) for label in labels}
            for step, value in mean_kids(sorted(folders)).items():
                done = position * cfg.generator_steps + step
                if done < len(indices) * cfg.generator_steps:
                    prune(done, value)

    train_gans(plan, indices, cfg.class_name, watch)
    watch()
    return objective_of_run(cfg)


def _write_results(search: Search, study: optuna.Study) -> str:
    """Write the files of the search so far, and return them in short for the user."""
    shares = importances(study)
    if shares:
        table = pd.DataFrame(shares.items(), columns=["parameter", "importance"])
        write_atomic(search.folder / "importances.csv", table.to_csv(index=False))
    return write_leaderboard(search.folder, search.results(study), direction=search.direction, importances=shares)
