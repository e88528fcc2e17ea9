from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from report.synthetic_runs import write_copies

from leukgan.data.augmentation import dihedral_views
from leukgan.data.images import png_bytes
from leukgan.data.sources.smears import render_smears
from leukgan.metrics.memorisation import measure_memorisation
from leukgan.report.memorisation import closest_pairs_figure, copy_alarms, copying_table, read_pairs
from leukgan.report.reading import read_run
from leukgan.report.report import write_report
from leukgan.run_folder.files import write_atomic
from leukgan.study.measurement import closest_pictures


@pytest.fixture
def folder(make_run):
    folder = make_run()
    write_copies(folder / "split-00", {"leukemia": 3})
    return folder


def test_a_copying_gan_raises_the_alarm_and_the_other_does_not(folder):
    run = read_run(folder)
    assert [*map(str, copy_alarms(run))] == [
        "Copies: 3 generated images of leukemia (split-00) are training images over again; a gain from them would be "
        "no gain from new images."
    ]
    cells = [(row.group, row.cells[0], row.cells[1], row.look) for row in copying_table(run).rows]
    assert cells == [("leukemia", "ALARM", "3", "stamped"), ("healthy", "none found", "0", "ours")]


@pytest.mark.usefixtures("undrawn")
def test_the_alarm_stands_on_the_page_before_any_result(folder):
    page = write_report(folder).read_text()
    assert page.index("training images over again") < page.index("What was done")
    write_copies(folder / "split-00", {})
    assert "training images over again" not in write_report(folder).read_text()


def test_a_run_that_did_not_look_says_so(make_run):
    run = read_run(make_run())
    assert copy_alarms(run) == []
    assert copying_table(run).notes == ("This run did not look for copies.",)


def test_copies_of_test_images_are_told_first_and_apart_from_those_of_training_images(folder):
    for name in ("copying", "copies"):
        path = folder / "split-00" / f"{name}.csv"
        table = pd.read_csv(path).assign(against="training")
        pd.concat([table, table.assign(against="test")]).to_csv(path, index=False)
    run = read_run(folder)
    first, second = copy_alarms(run)
    assert str(first).startswith("Copies of test images: 3 generated images of leukemia (split-00) are test images")
    assert str(second).startswith("Copies: 3 generated images of leukemia (split-00) are training images")
    assert [row.cells[:2] for row in copying_table(run).rows][:2] == [("training", "ALARM"), ("test", "ALARM")]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Pairs of held-out cells, and of generated images: others and three turned copies of training cells."""
    images = render_smears(image_size=32, count=80).of_class(1).images
    training, held_out, others = np.split(images, [20, 25])
    copies = dihedral_views(training[[4, 9, 2]])[[3, 8, 15], [0, 1, 2]]
    generated = np.concatenate([others, copies])

    folder = tmp_path_factory.mktemp("split") / "copies" / "leukemia"
    found = measure_memorisation(training, held_out, generated)
    kinds = {"generated": (generated, found.generated), "held-out": (held_out, found.held_out)}
    for kind, (candidates, table) in kinds.items():
        for place, (image, cell) in enumerate(closest_pictures(candidates, training, table)):
            write_atomic(folder / f"{kind}_{place}.png", png_bytes(image))
            write_atomic(folder / f"{kind}_{place}_training.png", png_bytes(cell))
    return tuple(read_pairs(folder, kind, table) for kind, (_, table) in kinds.items())


def test_closest_pairs_are_those_of_the_smallest_ratios_in_order(pairs):
    for found, count in zip(pairs, (8, 5), strict=True):
        assert (np.diff(found.ratios) >= 0).all()
        assert len(found.images) == len(found.nearest) == count
    assert pairs[0].flagged.tolist() == [True] * 3 + [False] * 5


def test_copies_lie_above_the_training_image_turned_as_they_are(pairs):
    generated, _ = pairs
    np.testing.assert_array_equal(generated.images[:3], generated.nearest[:3])
    assert (generated.images[3] != generated.nearest[3]).any()


def draw(*pairs):
    figure = closest_pairs_figure("leukemia", *pairs, 0.61, "split-00", stamp="")
    return figure, np.asarray(Image.open(BytesIO(figure.png)).convert("RGB")).astype(int)


def reddest(pixels):
    """Number of pixels in the colour of copies."""
    return int((np.abs(pixels - [192, 0, 0]).sum(2) < 30).sum())


def found_in(page, patch):
    """Whether the page shows this patch somewhere, pixel by pixel."""
    starts = np.argwhere((page[: -len(patch), : -len(patch)] == patch[0, 0]).all(2))
    return any((page[y : y + len(patch), x : x + len(patch)] == patch).all() for y, x in starts)


def test_the_figure_shows_every_pair_and_marks_copies(pairs):
    generated, held_out = pairs
    figure, page = draw(*pairs)
    assert "split-00" in figure.caption
    assert "0.61" in figure.caption
    for images in (generated.images, generated.nearest, held_out.images, held_out.nearest):
        assert all(found_in(page, image[:4, :4].repeat(6, 0).repeat(6, 1).astype(int)) for image in images)
    assert reddest(page) > 100
    assert reddest(draw(held_out, held_out)[1]) == 0
