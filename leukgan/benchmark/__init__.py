"""How fast a GAN's generator step is, beside a plain one and beside what the machine can do."""

from leukgan.benchmark.measuring import Row, measure
from leukgan.benchmark.memory import prepare_process
from leukgan.benchmark.settings import Benchmark, benchmark_of
from leukgan.benchmark.table import json_of, table_of

__all__ = ["Benchmark", "Row", "benchmark_of", "json_of", "measure", "prepare_process", "table_of"]
