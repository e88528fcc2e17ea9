"""A run folder's scores and images made into tables, figures and one page."""

from leukgan.report.power import count_comparisons, describe_power
from leukgan.report.report import write_report

__all__ = ["count_comparisons", "describe_power", "write_report"]
