"""The report's tests on many studies whose truth is known: how often they err, and how often they find."""

from leukgan.tools.simulation.population import Population, render_population
from leukgan.tools.simulation.rates import Rates, rates_of
from leukgan.tools.simulation.scenarios import SCENARIOS
from leukgan.tools.simulation.settings import Simulation, SimulationSettings, simulation_of
from leukgan.tools.simulation.showing import csv_of, text_of
from leukgan.tools.simulation.studies import simulate

__all__ = [
    "SCENARIOS",
    "Population",
    "Rates",
    "Simulation",
    "SimulationSettings",
    "csv_of",
    "rates_of",
    "render_population",
    "simulate",
    "simulation_of",
    "text_of",
]
