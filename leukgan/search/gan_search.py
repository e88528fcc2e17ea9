"""A guided search for the settings of a GAN: what a trial trains, when it is ended, what is left at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import optuna
import pandas as pd
from omegaconf import DictConfig

from leukgan.config import check_minimums, split_indices
from leukgan.run_folder.files import write_atomic
from leukgan.search.guided import Prune, Search, importances_of
from leukgan.search.leaderboard import check_none_failed, write_leaderboard
from leukgan.search.objective import KID, Objective, mean_kids, objective_of_run
from leukgan.search.space import Point, parameters_of
from leukgan.search.sweep import shared_settings
from leukgan.study.settings import plan_of
from leukgan.study.split_gans import SplitGANs, train_gans

Settings = Callable[[str, Point], DictConfig]  # those of a trial, from its run's name and its values


def search_gans(cfg: DictConfig, typed: Sequence[str], settings_of: Settings, show: Callable[[str], None]) -> Path:
    """Do trials until the budget is claimed, renew the leaderboard after each, and return its path.

    Args:
        cfg: The settings of the search.
        typed: Its arguments.
        settings_of: Composes a trial's settings.
        show: Told how it goes.

    Raises:
        InputError: A setting is wrong, or a trial failed for another reason than that it diverged.
    """
    check_minimums(cfg, {"trials": 1, "startup_trials": 1})
    parameters, fixed = parameters_of(cfg.space, typed)
    plan_of(settings_of(f"{cfg.name}/check", {}), classifies=False)  # what is wrong with all trials is said at once
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
    for _ in search.run(
        study, lambda label, point, prune: train(settings_of(f"{cfg.name}/{label}", point), prune), show
    ):
        write_results(search, study)
    show(write_results(search, study))
    check_none_failed(search.folder, search.results(study))
    return search.folder / "leaderboard.csv"


def train(cfg: DictConfig, prune: Prune) -> Objective:
    """Train a trial's GANs, unless it is ended, and measure them.

    Where the objective is the distance to validation images, `prune` is told it of all steps but the last: a trial
    that is done is complete.
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


def write_results(search: Search, study: optuna.Study) -> str:
    """Write what is known of the search so far, and give it in words."""
    importances = importances_of(study)
    if importances:
        table = pd.DataFrame(importances.items(), columns=["parameter", "importance"])
        write_atomic(search.folder / "importances.csv", table.to_csv(index=False))
    return write_leaderboard(search.folder, search.results(study), direction=search.direction, importances=importances)
