import json

from synthetic_measures import write_cells

from leukgan.report.cell_panels import measurement_figures
from leukgan.report.cells_table import cell_distances
from leukgan.report.reading import read_run


def test_figures_of_measurements_are_drawn_for_both_classes(make_run):
    folder = make_run(images=False)
    write_cells(folder / "split-00", shift=0.0)
    run = read_run(folder)
    names = [figure.name for figure in measurement_figures(run, cell_distances(run))]
    assert names == ["measurements_leukemia", "measurements_healthy"]


def test_masks_are_shown_as_the_control_has_used_them(make_run):
    folder = make_run(image_size=32)
    path = folder / "split-00" / "provenance.json"
    tree = json.loads(path.read_text())
    tree["masks"] = {"found": 1.0, "radius": 0.4, "covered": 1.0, "colour": [200, 180, 190]}
    path.write_text(json.dumps(tree))
    run = read_run(folder)
    assert [figure.name for figure in measurement_figures(run, cell_distances(run))] == ["masks"]
