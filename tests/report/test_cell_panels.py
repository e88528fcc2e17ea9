import csv
import io
import json

import pytest
from synthetic_measures import write_cells

from leukgan.report.cell_panels import cells_table, measurement_figures
from leukgan.report.reading import read_run


def test_a_shift_by_one_deviation_is_a_distance_of_one(make_run):
    folder = make_run(images=False)
    write_cells(folder / "split-00", shift=1.0)
    rows = list(csv.DictReader(io.StringIO(cells_table(read_run(folder)).csv())))
    assert len(rows) == 16
    for row in rows:
        assert float(row["distance"]) == pytest.approx(1, abs=0.02)
        assert float(row["floor"]) < 0.6


def test_figures_of_measurements_are_drawn_for_both_classes(make_run):
    folder = make_run(images=False)
    write_cells(folder / "split-00", shift=0.0)
    names = [figure.name for figure in measurement_figures(read_run(folder))]
    assert names == ["measurements_leukemia", "measurements_healthy"]


def test_masks_are_shown_as_the_control_has_used_them(make_run):
    folder = make_run(image_size=32)
    path = folder / "split-00" / "provenance.json"
    tree = json.loads(path.read_text())
    tree["masks"] = {"found": 1.0, "radius": 0.4, "covered": 1.0, "colour": [200, 180, 190]}
    path.write_text(json.dumps(tree))
    assert [figure.name for figure in measurement_figures(read_run(folder))] == ["masks"]
