"""Published tables of percentages, and the confusion matrices that fit them."""

from leukgan.tools.verify_table.decoding import Decoding, decode
from leukgan.tools.verify_table.output import output_of
from leukgan.tools.verify_table.showing import csv_of, text_of
from leukgan.tools.verify_table.table import Table, read_table

__all__ = ["Decoding", "Table", "csv_of", "decode", "output_of", "read_table", "text_of"]
