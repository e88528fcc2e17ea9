"""The data check: what is in a data source, and what is wrong with it, on one page and in one csv file."""

from leukgan.data.check.checking import Checked, check
from leukgan.data.check.page import write_check

__all__ = ["Checked", "check", "write_check"]
