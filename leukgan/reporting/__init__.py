"""A run folder's scores and images made into tables, figures and one page."""

from leukgan.reporting.report import write_report

__all__ = ["write_report"]
