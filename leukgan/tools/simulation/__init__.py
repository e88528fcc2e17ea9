"""The report's tests on many studies whose truth is known: how often they err, and how often they find."""

from leukgan.tools.simulation.rates import csv_of, text_of
from leukgan.tools.simulation.settings import SimulationSettings
from leukgan.tools.simulation.studies import simulate

__all__ = ["SimulationSettings", "csv_of", "simulate", "text_of"]
