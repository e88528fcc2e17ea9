"""Laws of the figure of differences."""

import io

import numpy as np
from PIL import Image

from leukgan.report.comparisons import compare
from leukgan.report.curves import differences_figures
from leukgan.report.reading import read_run


def test_no_name_of_a_classifier_leaves_the_figure(make_run):
    run = read_run(make_run())
    named = compare(run).assign(title="VGG16, own weights (a_file_with_a_rather_long_name.pth)")
    (figure,) = differences_figures(run, named)
    pixels = np.asarray(Image.open(io.BytesIO(figure.png)).convert("L"))
    heading = len(pixels) // 4  # the title above begins at the left edge
    assert (pixels[heading:, :4] == 255).all()
    assert (pixels[heading:, : pixels.shape[1] // 3] < 128).any()
