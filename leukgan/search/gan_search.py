"""A guided search for the settings of a GAN: the training of a trial, its early end, and the files of the search."""

from collections.abc import Callable, Sequence
from pathlib import Path

import hydra
import pandas as pd

from leukgan.config import KID, SearchSettings, as_override, read_config
from leukgan.run_folder.files import write_atomic
from leukgan.run_folder.paths import RunFolder
from leukgan.search.guided import Prune, Search
from leukgan.search.leaderboard import check_none_failed, write_leaderboard
from leukgan.search.objective import Objective, mean_kids, objective_of_run
from leukgan.search.space import Point, parameters_of
from leukgan.search.sweep import shared_settings
from leukgan.search.tracked import track_search, track_trial
from leukgan.study import SplitStudy, build_study, build_tracking, train_gans


def search_gans(config: SearchSettings, arguments: Sequence[str], show: Callable[[str], None]) -> Path:
    """Do trials until the budget is claimed, renew the leaderboard after each, and return its path.

    Raises:
        InputError: A setting is wrong, or a trial failed for another reason than that it diverged.
    """
    parameters, fixed = parameters_of(config.space, arguments)

    def compose(label: str, point: Point) -> SearchSettings:
        chosen = [as_override(f"{key}={value}") for key, value in point.items()]
        own = [*chosen, f"name={config.name}/{label}", f"trial_of={config.name}"]
        settings: SearchSettings = read_config(hydra.compose("search", [*arguments, *own]))
        return settings

    # A mistake that all trials share is an error at once.
    build_study(compose("check", {}), classifies=False)

    folder = RunFolder(config.run(config.name))
    search = Search(folder=folder, config=config, parameters=parameters, settings=shared_settings(fixed))

    def work(label: str, point: Point, prune: Prune) -> Objective:
        return train(compose(label, point), prune, rounds=1 + config.trials - len(search.results()))

    for _ in search.run(work, show):
        _write_results(search)

    show(_write_results(search))
    track_search(folder, build_tracking(config.logger), {"space": dict(config.space), "objective": config.objective})
    check_none_failed(folder, search.results())
    return folder.leaderboard


def train(config: SearchSettings, prune: Prune, rounds: int = 1) -> Objective:
    """Train a trial's GANs, unless it is pruned, and measure them.

    If the objective is the distance to validation images, `prune` gets it of all steps but the last, at which a trial
    is complete.
    """
    study, indices = build_study(config, classifies=False), config.split.chosen()
    labels = [label for label, name in enumerate(study.images.classes) if config.class_name in (None, name)]

    def watch() -> None:
        for position, index in enumerate(indices if config.objective == KID else ()):
            split = SplitStudy(study, index)
            folders = [split.folder.gan(name).path for name in study.gan_plan.gans(labels)]
            for step, value in mean_kids(sorted(folders)).items():
                done = position * config.generator_steps + step
                if done < len(indices) * config.generator_steps:
                    prune(done, value)

    train_gans(study, indices, config.class_name, watch, rounds)
    watch()
    return track_trial(config, objective_of_run(config))


def _write_results(search: Search) -> str:
    """Write the files of the search so far, and return them in short for the user."""
    shares = search.importances()
    if shares:
        table = pd.DataFrame(shares.items(), columns=["parameter", "importance"])
        write_atomic(search.folder.importances, table.to_csv(index=False))
    return write_leaderboard(search.folder, search.results(), direction=search.config.direction, importances=shares)
