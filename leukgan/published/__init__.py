"""Published tables of percentages, and the confusion matrices that fit them."""

from leukgan.published.decoding import Decoding, decode
from leukgan.published.output import output_of
from leukgan.published.showing import csv_of, text_of
from leukgan.published.table import Table, read_table

__all__ = ["Decoding", "Table", "csv_of", "decode", "output_of", "read_table", "text_of"]
