"""A run folder's scores and images made into tables, figures and one page.

From scores.csv to a cell of Table 2: reading.py reads and checks each split's csv files, computes the metrics anew from
the counts, and joins them to the frames of a `Run` (results.py). score_tables.py selects and averages rows, and its
COLUMNS say how a cell is written. `Table` (presentation/tables.py) makes the text, and report.py calls these in turn
and writes the files. The other tables go the same way, from modules of their own.
"""

from leukgan.report.power import count_comparisons, describe_power
from leukgan.report.report import write_report

__all__ = ["count_comparisons", "describe_power", "write_report"]
