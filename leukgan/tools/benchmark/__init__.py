"""How fast a GAN's generator step is, beside a plain one and beside what the machine can do."""

from leukgan.tools.benchmark.measuring import Row, measure
from leukgan.tools.benchmark.memory import prepare_process
from leukgan.tools.benchmark.settings import Benchmark, BenchmarkSettings, benchmark_of
from leukgan.tools.benchmark.table import json_of, table_of

__all__ = ["Benchmark", "BenchmarkSettings", "Row", "benchmark_of", "json_of", "measure", "prepare_process", "table_of"]
