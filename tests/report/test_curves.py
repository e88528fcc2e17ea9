"""Laws of the figure of differences."""

import io

import numpy as np
from PIL import Image

from leukgan.report.comparisons import compare
from leukgan.report.curves import differences_figure
from leukgan.report.reading import read_run


def test_no_name_of_a_classifier_leaves_the_figure(make_run):
    comparisons = compare(read_run(make_run())).assign(title="VGG16, own weights (a_file_with_a_rather_long_name.pth)")
    pixels = np.asarray(Image.open(io.BytesIO(differences_figure(comparisons).png)).convert("L"))
    heading = len(pixels) // 4  # the title above begins at the left edge
    assert (pixels[heading:, :4] == 255).all()
    assert (pixels[heading:, : pixels.shape[1] // 3] < 128).any()
