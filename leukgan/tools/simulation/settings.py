"""The settings of the simulation and their checks."""

from __future__ import annotations

from dataclasses import dataclass

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from leukgan.config import Settings, check_choice, check_minimums, output_file
from leukgan.errors import InputError

LEAST = {"seed": 0, "studies": 2, "images": 20, "splits": 2, "extra": 1}
LEAST_UNSEEN = 100  # cells that the truth is measured on


@dataclass
class SimulationSettings(Settings):
    """The keys of experiments/simulate.py, which conf/simulate.yaml explains."""

    scenarios: list[str] = MISSING
    output: str | None = MISSING
    seed: int = MISSING
    studies: int = MISSING
    images: int = MISSING
    splits: int = MISSING
    test_fraction: float = MISSING
    extra: int = MISSING
    population: int = MISSING

    def check(self) -> None:
        check_minimums(self, LEAST)
        for key, number in {"images": self.images, "population": self.population}.items():
            if number % 2:
                raise InputError(f"{key} must be even, half for each class, got {number}.")

        if not 0.1 <= self.test_fraction <= 0.9:
            raise InputError(
                f"test_fraction must lie between 0.1 and 0.9, got {self.test_fraction}; the study used 0.2."
            )

        least = self.images + 2 * self.extra + LEAST_UNSEEN
        if self.population < least:
            raise InputError(
                f"population must be at least {least}, images + 2 * extra + {LEAST_UNSEEN} to measure the truth on, "
                f"got {self.population}."
            )

        from leukgan.tools.simulation.scenarios import SCENARIOS  # here: help needs the names of settings alone

        check_choice("scenarios", self.scenarios, tuple(SCENARIOS))
        if not self.scenarios or len(set(self.scenarios)) < len(self.scenarios):
            raise InputError(f"scenarios must name at least one and each once, got {self.scenarios}.")
        output_file(self.output, "rates.csv")


ConfigStore.instance().store("simulation_settings", SimulationSettings)
