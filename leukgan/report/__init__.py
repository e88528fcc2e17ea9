"""A run folder's scores and images made into tables, figures and one page; trained GANs side by side."""

from leukgan.gans.compare import write_gan_comparison
from leukgan.report.design import comparisons_of, design_sentence
from leukgan.report.report import write_report

__all__ = ["comparisons_of", "design_sentence", "write_gan_comparison", "write_report"]
