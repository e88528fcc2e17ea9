"""The settings of the simulation and their checks."""

import math
from dataclasses import dataclass

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from leukgan.config import Settings, check_choice, check_minimums, output_file
from leukgan.errors import InputError

LEAST = {"seed": 0, "studies": 2, "images": 20, "splits": 2, "extra": 1}
NOT_SIMULATED = ("precision", "npv", "brier")  # undefined in some splits, or for a classifier without probabilities
LEAST_UNSEEN = 100  # cells that the truth is measured on


@dataclass
class SimulationSettings(Settings):
    """The keys of experiments/simulate.py, which conf/simulate.yaml explains."""

    scenarios: list[str] = MISSING
    metrics: list[str] = MISSING
    output: str | None = MISSING
    seed: int = MISSING
    studies: int = MISSING
    images: int = MISSING
    positive: float = MISSING
    splits: int = MISSING
    test_fraction: float = MISSING
    extra: int = MISSING
    population: int = MISSING

    def check(self) -> None:
        check_minimums(self, LEAST)
        if self.population % 2:
            raise InputError(f"population must be even, half for each class, got {self.population}.")
        if not 0.1 <= self.positive <= 0.9:
            raise InputError(f"positive must lie between 0.1 and 0.9, got {self.positive}; 0.5 is half of the images.")

        if not 0.1 <= self.test_fraction <= 0.9:
            raise InputError(
                f"test_fraction must lie between 0.1 and 0.9, got {self.test_fraction}; the study used 0.2."
            )

        larger = max(self.of_class(label) for label in (0, 1)) / self.images
        least = math.ceil(2 * larger * (self.images + 2 * self.extra + LEAST_UNSEEN))
        if self.population < least:
            raise InputError(
                f"population must be at least {least}, for a study, 2 * extra and {LEAST_UNSEEN} images to measure the "
                f"truth on, got {self.population}."
            )

        # Here, as help needs the names of settings alone.
        from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
        from leukgan.tools.simulation.scenarios import SCENARIOS

        known = [name for name in CLASSIFIER_METRICS if name not in NOT_SIMULATED]
        for key, chosen, names in (("scenarios", self.scenarios, SCENARIOS), ("metrics", self.metrics, known)):
            check_choice(key, chosen, tuple(names))
            if not chosen or len(set(chosen)) < len(chosen):
                raise InputError(f"{key} must name at least one and each once, got {chosen}.")
        output_file(self.output, "rates.csv")

    def of_class(self, label: int) -> int:
        """Images of a class in each study."""
        positive = round(self.positive * self.images)
        return positive if label == 1 else self.images - positive


ConfigStore.instance().store("simulation_settings", SimulationSettings)
