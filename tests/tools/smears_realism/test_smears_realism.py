"""Laws of the figure and the table that set rendered smears beside real cells."""

from io import BytesIO, StringIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from leukgan.data.sources.smears import render_smears
from leukgan.tools.smears_realism.comparison import csv_of, text_of
from leukgan.tools.smears_realism.figure import MARGIN, SHEET_COLUMNS, SIDE, TOP, smears_figure
from leukgan.tools.smears_realism.sets import Sample, compare_sets, sample_of


@pytest.fixture(scope="module")
def samples():
    return [sample_of(render_smears(image_size=32, count=30, seed=seed).images) for seed in (1, 2)]


def pixels(figure):
    return np.asarray(Image.open(BytesIO(figure.png)).convert("RGB"))


def test_the_sheet_begins_with_the_smallest_cell_of_those_shown(samples):
    real, rendered = samples
    shown = pixels(smears_figure(real, rendered, 0.6, "all"))[TOP : TOP + SIDE, MARGIN : MARGIN + SIDE]
    chosen = np.linspace(0, 29, 24).round().astype(int)
    smallest = chosen[real.cells["cell_area"].to_numpy()[chosen].argmin()]
    expected = real.images[smallest].transpose(1, 2, 0).repeat(4, axis=0).repeat(4, axis=1)
    np.testing.assert_array_equal(shown, expected)


def test_the_same_samples_give_the_same_bytes(samples):
    figures = [smears_figure(*samples, 0.6, "all") for _ in range(2)]
    assert figures[0] == figures[1]
    assert figures[0].name == "smears"
    assert "61.8%" in smears_figure(*samples, 0.618, "all").title


@pytest.mark.parametrize("size", [64, 256])
def test_all_sizes_fit_one_page(samples, size):
    images = [render_smears(image_size=size, count=6, seed=seed).images for seed in (1, 2)]
    width = pixels(smears_figure(*map(sample_of, images), 0.5, "all")).shape[1]
    assert width == pixels(smears_figure(*samples, 0.5, "all")).shape[1]
    assert width > 2 * SHEET_COLUMNS * SIDE


def test_sets_without_a_cell_are_drawn(samples):
    blank = sample_of(np.full_like(samples[0].images, 200))
    assert pixels(smears_figure(blank, samples[1], 1.0, "all")).std() > 0
    assert pixels(smears_figure(blank, blank, 0.5, "all")).std() > 0


def test_the_table_tells_what_was_measured(samples):
    real, rendered = samples
    table = compare_sets(real, rendered, repeats=2, seed=0)
    values = table.set_index("measure")
    text = text_of({"all": table})
    mean, spread = values.loc["accuracy", ["value", "spread"]]
    assert f"{100 * mean:.1f} ± {100 * spread:.1f}" in text
    assert f"{100 * np.sqrt(mean * (1 - mean) / 60):.1f}" in text
    assert f"{values.loc['blue', 'value']:.1f}" in text
    assert f"{values.loc['nucleus_to_cell', 'value']:.2f}" in text
    assert f"{100 * values.loc['nucleus_to_cell', 'median_other']:#.3g} (" in text


def test_the_table_has_dashes_where_no_cell_is_found(samples):
    blank = Sample(samples[0].images, samples[0].cells * np.nan)
    text = text_of({"all": compare_sets(blank, samples[1], repeats=1, seed=0)})
    assert next(line for line in text.splitlines() if line.startswith("cell area")).count("–") == 3
    assert "nan" not in text


def test_the_csv_has_all_rows_under_what_is_rendered(samples):
    table = compare_sets(*samples, repeats=1, seed=0)
    read = pd.read_csv(StringIO(csv_of({"one": table, "two": table})))
    assert read["rendered"].tolist() == ["one"] * len(table) + ["two"] * len(table)
    np.testing.assert_allclose(read["median_rendered"][: len(table)], table["median_other"].astype(float))
    assert not [name for name in read.columns if name.endswith("_other")]
