"""Laws of the figure of copies."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from leukgan.data.augmentation import dihedral_views
from leukgan.data.images import png_bytes
from leukgan.data.sources.smears import render_smears
from leukgan.metrics.memorisation import measure_memorisation
from leukgan.report.memorisation_figures import closest_pairs_figure, read_pairs
from leukgan.run_folder.files import write_atomic
from leukgan.study.measurement import closest_pictures


@pytest.fixture(scope="module")
def sets():
    """Training cells, held-out cells, and generated images: others and three turned copies."""
    images = render_smears(image_size=32, count=80).of_class(1).images
    training, held_out, others = np.split(images, [20, 25])
    copies = dihedral_views(training[[4, 9, 2]])[[3, 8, 15], [0, 1, 2]]
    return training, held_out, np.concatenate([others, copies])


@pytest.fixture(scope="module")
def pairs(sets, tmp_path_factory):
    training, held_out, generated = sets
    folder = tmp_path_factory.mktemp("split") / "copies" / "leukemia"
    found = measure_memorisation(training, held_out, generated)
    kinds = {"generated": (generated, found.generated), "held-out": (held_out, found.held_out)}
    for kind, (images, table) in kinds.items():
        for name, pixels in closest_pictures(f"leukemia/{kind}", images, training, table).items():
            write_atomic(folder.parent / name, png_bytes(pixels))
    return tuple(read_pairs(folder, kind, table) for kind, (_, table) in kinds.items())


def test_closest_pairs_are_those_of_the_smallest_ratios_in_order(pairs):
    generated, held_out = pairs
    assert (np.diff(generated.ratios) >= 0).all()
    assert (np.diff(held_out.ratios) >= 0).all()
    assert len(generated.images) == len(generated.nearest) == 8
    assert len(held_out.images) == len(held_out.nearest) == 5
    assert generated.flagged.tolist() == [True] * 3 + [False] * 5


def test_copies_lie_above_the_training_image_turned_as_they_are(pairs):
    generated, _ = pairs
    np.testing.assert_array_equal(generated.images[:3], generated.nearest[:3])
    assert (generated.images[3] != generated.nearest[3]).any()


def read(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


def reddest(pixels):
    """How many pixels are of the colour of copies."""
    return int((np.abs(pixels - [192, 0, 0]).sum(2) < 30).sum())


def test_the_figure_shows_every_pair_and_marks_copies(pairs):
    generated, held_out = pairs
    figure = closest_pairs_figure("leukemia", generated, held_out, 0.61, "split-00", leaky=False)
    assert figure.name == "closest_pairs_leukemia"
    assert "leukemia" in figure.title
    assert "split-00" in figure.caption
    assert "0.61" in figure.caption
    page = read(figure.png)
    for images in (generated.images, generated.nearest, held_out.images, held_out.nearest):
        for image in images:
            corner = image[:4, :4].repeat(6, 0).repeat(6, 1).astype(int)
            assert found_in(page, corner)
    assert reddest(page) > 100
    clean = closest_pairs_figure("leukemia", held_out, held_out, 0.61, "split-00", leaky=False)
    assert reddest(read(clean.png)) == 0


def found_in(page, patch):
    """Whether the page shows this patch somewhere, pixel by pixel."""
    starts = np.argwhere((page[: -len(patch), : -len(patch)] == patch[0, 0]).all(2))
    return any((page[y : y + len(patch), x : x + len(patch)] == patch).all() for y, x in starts)


def test_a_leaky_figure_is_stamped_and_the_same_pairs_give_the_same_bytes(pairs):
    figures = [
        closest_pairs_figure("leukemia", *pairs, 0.61, "split-00", leaky=leaky) for leaky in (False, False, True)
    ]
    assert figures[0] == figures[1]
    assert reddest(read(figures[2].png)) > reddest(read(figures[0].png))
