"""A run folder's scores and images made into tables, figures and one page; trained GANs side by side."""

from leukgan.gans.compare import write_gan_comparison
from leukgan.report.power import count_comparisons, describe_power
from leukgan.report.report import write_report

__all__ = ["count_comparisons", "describe_power", "write_gan_comparison", "write_report"]
