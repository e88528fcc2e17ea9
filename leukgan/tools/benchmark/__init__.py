"""How fast a GAN's generator step is, beside a plain one and beside what the machine can do."""

from leukgan.tools.benchmark.machine import prepare_process
from leukgan.tools.benchmark.measuring import json_of, measure, text_of
from leukgan.tools.benchmark.settings import BenchmarkSettings, parse_case

__all__ = ["BenchmarkSettings", "json_of", "measure", "parse_case", "prepare_process", "text_of"]
