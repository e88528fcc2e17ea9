"""A search space: the values that each setting may have, in Hydra's grammar, and the points that a sweep tries.

The points of a sweep are a list that depends on the space and the seed alone, so that any launcher can do them in any
order, without a database and without Optuna, which is an extra. Optuna's own samplers do not give such a list:
QMCSampler draws its first point and all choices at random (of 64 points, 3 to 5 fall into each 16th of a range instead
of 4), and GridSampler ends its grid by Study.stop, which raises unless Study.optimize itself runs the trials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from scipy.stats import qmc

from leukgan.errors import InputError

if TYPE_CHECKING:
    from optuna import Trial

Point = dict[str, str]  # value, as typed, of each searched setting


@dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`, uniform or uniform in the logarithm."""

    key: str
    low: float
    high: float
    log: bool

    def at(self, place: float) -> str:
        """The number at a place from 0 (low) to 1 (high), in four digits, to be typed again."""
        value = self.low * (self.high / self.low) ** place if self.log else self.low + (self.high - self.low) * place
        return f"{value:.4g}"

    def grid(self, points: int) -> list[str]:
        """`points` numbers at equal steps, both ends included."""
        return [self.at(place) for place in np.linspace(0, 1, points)]

    def suggested(self, trial: Trial) -> str:
        return f"{trial.suggest_float(self.key, self.low, self.high, log=self.log):.4g}"


@dataclass(frozen=True)
class Choice:
    """Several values, as typed."""

    key: str
    values: tuple[str, ...]

    def at(self, place: float) -> str:
        """The value at a place from 0 to below 1."""
        return self.values[int(place * len(self.values))]

    def grid(self, points: int) -> list[str]:
        """All values; `points` is for intervals."""
        return list(self.values)

    def suggested(self, trial: Trial) -> str:
        return str(trial.suggest_categorical(self.key, self.values))


Parameter = Interval | Choice


def parameters_of(space: Mapping[str, str], arguments: Sequence[str]) -> tuple[dict[str, Parameter], list[str]]:
    """The searched settings, and the arguments that all trials share.

    Args:
        space: Values by setting, in Hydra's grammar: `interval(0, 1)`, `tag(log, interval(1e-5, 1e-3))`, `range(2, 9)`,
            or `5,8`.
        arguments: Overrides of the command line. One that sweeps a setting replaces it in the space, one that fixes a
            setting removes it.

    Raises:
        InputError: A value of the space is no sweep, or an interval is empty.
    """
    found: dict[str, Parameter] = {}
    fixed: dict[str, str] = {}
    hydra = GlobalHydra.instance()
    parser = OverridesParser.create(hydra.config_loader() if hydra.is_initialized() else None)  # which glob() asks
    given = [(key, f"{key}={value}") for key, value in space.items()]
    for key, line in [*given, *((None, argument) for argument in arguments)]:
        (override,) = parser.parse_overrides([line])
        name = override.key_or_group

        # The last of several arguments counts.
        found.pop(name, None)
        fixed.pop(name, None)
        if override.is_interval_sweep():
            found[name] = _interval(name, override.value())
        elif override.is_sweep_override():
            found[name] = Choice(name, tuple(override.sweep_string_iterator()))
        elif key is not None:
            raise InputError(
                f"space.{key}={space[key]} is no set of values; write interval(a,b), tag(log,interval(a,b)) or a,b,c."
            )
        else:
            fixed[name] = line
    return found, list(fixed.values())


def _interval(name: str, sweep: object) -> Interval:
    low, high, log = float(sweep.start), float(sweep.end), "log" in sweep.tags  # type: ignore[attr-defined]
    if not low < high or (log and low <= 0):
        wanted = "two numbers above 0" if log else "two numbers"
        raise InputError(
            f"{name}: an interval goes from the smaller to the larger of {wanted}, got {low:g} to {high:g}."
        )
    return Interval(name, low, high, log)


def points_of(parameters: Mapping[str, Parameter], *, trials: int, points: int | None, seed: int) -> list[Point]:
    """The points to try: a grid, or points that fill the space evenly at random.

    Without an interval every combination of values is tried. With one, `points` asks for a grid; else trial i is the
    i-th point of a sequence of Sobol, scrambled by `seed` (Owen, 1998), so that more trials go on where fewer ended.
    """
    if points is not None or not any(isinstance(parameter, Interval) for parameter in parameters.values()):
        grids = [parameter.grid(points or 0) for parameter in parameters.values()]
        return [dict(zip(parameters, values, strict=True)) for values in product(*grids)]

    sequence = qmc.Sobol(len(parameters), rng=np.random.default_rng(seed))
    places = [sequence.random(1)[0] for _ in range(trials)]  # at once, scipy wants a power of two of them
    return [
        {key: parameter.at(place) for (key, parameter), place in zip(parameters.items(), row, strict=True)}
        for row in places
    ]
