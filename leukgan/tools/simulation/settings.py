"""The settings of the simulation: their schema and their checks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from leukgan.config import check_choice, check_minimums, output_file
from leukgan.errors import InputError
from leukgan.tools.simulation.scenarios import SCENARIOS

LEAST = {"seed": 0, "studies": 2, "images": 20, "splits": 2, "extra": 1}
LEAST_UNSEEN = 100  # cells that the truth is measured on


@dataclass
class SimulationSettings:
    """Every key at the top of the simulation's configuration; any other is an error."""

    scenarios: list[str] = MISSING
    output: str | None = MISSING
    seed: int = MISSING
    studies: int = MISSING
    images: int = MISSING
    splits: int = MISSING
    test_fraction: float = MISSING
    extra: int = MISSING
    population: int = MISSING


ConfigStore.instance().store("simulation_settings", SimulationSettings)


@dataclass(frozen=True)
class Simulation:
    """What is simulated.

    Attributes:
        scenarios: Names from SCENARIOS.
        seed: All chance comes from it.
        studies: Their number.
        images: Of each study's data set, half of each class.
        splits: Of each data set.
        test_fraction: Share of the images in a split's test part.
        extra: Images that a generator gives an arm.
        population: Rendered cells that all studies draw from.
        output: The csv file that gets the rates.
    """

    scenarios: tuple[str, ...]
    seed: int
    studies: int
    images: int
    splits: int
    test_fraction: float
    extra: int
    population: int
    output: Path | None = None


def simulation_of(config: SimulationSettings) -> Simulation:
    """Check all settings before any work starts.

    Raises:
        InputError: A setting is wrong.
    """
    check_minimums(config, LEAST)
    for key, number in {"images": config.images, "population": config.population}.items():
        if number % 2:
            raise InputError(f"{key} must be even, half for each class, got {number}.")
    if not 0.1 <= config.test_fraction <= 0.9:
        raise InputError(f"test_fraction must lie between 0.1 and 0.9, got {config.test_fraction}; the study used 0.2.")
    least = config.images + 2 * config.extra + LEAST_UNSEEN
    if config.population < least:
        raise InputError(
            f"population must be at least {least}, images + 2 * extra + {LEAST_UNSEEN} to measure the truth on, "
            f"got {config.population}."
        )
    check_choice("scenarios", config.scenarios, tuple(SCENARIOS))
    if not config.scenarios or len(set(config.scenarios)) < len(config.scenarios):
        raise InputError(f"scenarios must name at least one and each once, got {config.scenarios}.")
    return Simulation(
        scenarios=tuple(config.scenarios),
        seed=config.seed,
        studies=config.studies,
        images=config.images,
        splits=config.splits,
        test_fraction=config.test_fraction,
        extra=config.extra,
        population=config.population,
        output=output_file(config.output, "rates.csv"),
    )
