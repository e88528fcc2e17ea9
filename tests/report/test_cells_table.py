import csv
import io

import pytest
from synthetic_measures import write_cells

from leukgan.report.cells_table import cell_distances, cells_table
from leukgan.report.reading import read_run


def test_a_shift_by_one_deviation_is_a_distance_of_one(make_run):
    folder = make_run(images=False)
    write_cells(folder / "split-00", shift=1.0)
    run = read_run(folder)
    rows = list(csv.DictReader(io.StringIO(cells_table(run, cell_distances(run)).csv())))
    assert len(rows) == 16
    for row in rows:
        assert float(row["distance"]) == pytest.approx(1, abs=0.02)
        assert float(row["floor"]) < 0.6
