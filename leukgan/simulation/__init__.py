"""The report's tests on many studies whose truth is known: how often they err, and how often they find."""

from leukgan.simulation.population import Population, render_population
from leukgan.simulation.rates import Rates, rates_of
from leukgan.simulation.scenarios import SCENARIOS
from leukgan.simulation.settings import Simulation, simulation_of
from leukgan.simulation.showing import csv_of, text_of
from leukgan.simulation.studies import simulate

__all__ = [
    "SCENARIOS",
    "Population",
    "Rates",
    "Simulation",
    "csv_of",
    "rates_of",
    "render_population",
    "simulate",
    "simulation_of",
    "text_of",
]
