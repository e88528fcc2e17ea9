import pandas as pd
import pytest
from report.synthetic_runs import write_cells

from leukgan.metrics.cell_measurements import MEASUREMENTS, measurement_distances
from leukgan.report.cells import PANELS, cell_distances, cells_table, measurement_figures, measurements_figure
from leukgan.report.reading import read_run

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture
def run(make_run):
    folder = make_run()
    write_cells(folder / "split-00", shift=1.0)
    return read_run(folder)


def test_a_shift_by_one_deviation_is_a_distance_of_one(run):
    numbers = cells_table(run, cell_distances(run)).numbers
    assert len(numbers) == 16
    assert numbers["distance"].to_numpy() == pytest.approx(1, abs=0.02)
    assert (numbers["floor"] < 0.6).all()


def test_there_is_a_panel_for_each_measurement():
    assert tuple(PANELS) == MEASUREMENTS


def test_a_run_has_a_figure_for_each_class(run):
    names = [figure.name for figure in measurement_figures(run, cell_distances(run))]
    assert names == ["measurements_leukemia", "measurements_healthy"]


def draw(run, *, rendered, nothing=False):
    cells = run.cells[run.cells["class"] == "healthy"]
    real, generated = (cells[cells["kind"] == kind] for kind in ("training", "generated"))
    if nothing:
        generated = generated.assign(found=False, **dict.fromkeys(MEASUREMENTS, float("nan")))
    distances = measurement_distances(real, generated, seed=0)
    return measurements_figure(pd.concat([real, generated]), distances, "healthy", stamp="", rendered=rendered)


def test_the_figure_names_its_sources(run):
    real, rendered = draw(run, rendered=False), draw(run, rendered=True)
    assert "real and generated" in real.title
    assert "rendered and generated" in rendered.title
    assert "real" not in rendered.caption
    assert "100% of the real and 100% of the generated" in real.caption


def test_generated_images_without_any_cell_are_drawn_too(run):
    assert "0% of the generated" in draw(run, rendered=True, nothing=True).caption
