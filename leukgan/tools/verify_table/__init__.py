"""Published tables of percentages, and the confusion matrices that fit them."""

from leukgan.tools.verify_table.decoding import decode
from leukgan.tools.verify_table.parsing import read_table
from leukgan.tools.verify_table.showing import csv_of, matrices_file, text_of

__all__ = ["csv_of", "decode", "matrices_file", "read_table", "text_of"]
