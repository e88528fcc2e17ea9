"""Laws of the figures of cell measurements."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from synthetic_measures import write_cells

from leukgan.data.sources.smears import render_smears
from leukgan.metrics.cell_measurements import MEASUREMENTS, measure_cells, measurement_distances
from leukgan.report.cells_table import cell_distances
from leukgan.report.measurement_figures import PANELS, measurement_figures, measurements_figure
from leukgan.report.reading import read_run


@pytest.fixture(scope="module")
def sets():
    data = render_smears(image_size=32, count=20)
    return [measure_cells(data.of_class(label).images) for label in (0, 1)]


def draw(real, generated, *, leaky=False, rendered=False):
    cells = pd.concat([real.assign(kind="training"), generated.assign(kind="generated")])
    distances = measurement_distances(real, generated, seed=0)
    return measurements_figure(cells, distances, "healthy", leaky=leaky, rendered=rendered)


def test_there_is_a_panel_for_each_measurement():
    assert tuple(PANELS) == MEASUREMENTS


def test_the_figure_names_its_sources(sets):
    real, rendered = draw(*sets), draw(*sets, rendered=True)
    assert real.name == rendered.name == "measurements_healthy"
    assert "real and generated" in real.title
    assert "rendered and generated" in rendered.title
    assert "real" not in rendered.caption
    assert "100% of the real and 100% of the generated" in real.caption
    assert real.png != rendered.png


def test_a_leak_is_stamped_and_the_same_cells_give_the_same_bytes(sets):
    def red(figure):
        pixels = np.asarray(Image.open(BytesIO(figure.png)).convert("RGB")).astype(int)
        return (np.abs(pixels - (0xC0, 0, 0)).max(axis=2) <= 2).any()

    assert draw(*sets) == draw(*sets)
    assert red(draw(*sets, leaky=True))
    assert not red(draw(*sets))


def test_generated_images_without_any_cell_are_drawn_too(sets):
    nothing = measure_cells(np.full((3, 3, 32, 32), 200, np.uint8))
    figure = draw(sets[0], nothing, rendered=True)
    assert "0% of the generated" in figure.caption
    assert figure.png


def test_a_run_has_a_figure_for_each_class(make_run):
    folder = make_run(images=False)
    write_cells(folder / "split-00", shift=0.0)
    run = read_run(folder)
    names = [figure.name for figure in measurement_figures(run, cell_distances(run))]
    assert names == ["measurements_leukemia", "measurements_healthy"]
