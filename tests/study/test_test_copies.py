"""Laws of copies of test images: one in any guise is found, and no other image is taken for one."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from real_files import REAL_CELLS, needs_real_cells
from scipy import ndimage

from leukgan.data.augmentation import dihedral_views
from leukgan.data.sources.all_idb2 import list_all_idb2
from leukgan.data.sources.smears import render_smears
from leukgan.data.split import split_images
from leukgan.study.measurement import find_test_copies


def rounded(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def blurred(images, width):
    return rounded(ndimage.gaussian_filter(images.astype(float), (0, 0, width, width)))


def compressed(images):
    found = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image.transpose(1, 2, 0)).save(file, format="JPEG", quality=30)
        found.append(np.asarray(Image.open(file)).transpose(2, 0, 1))
    return np.stack(found)


GUISES = {
    "as they are": lambda x: x,
    "turned by 45 degrees": lambda x: dihedral_views(x)[1],
    "mirrored": lambda x: dihedral_views(x)[8],
    "compressed": compressed,
    "blurred": lambda x: blurred(x, 2),
    "noisy": lambda x: rounded(x + np.random.default_rng(0).normal(0, 20, x.shape)),
}


@pytest.fixture(scope="module")
def split():
    return split_images(render_smears(image_size=64, count=120, seed=3), index=0, seed=0, test_fraction=0.25)


@pytest.fixture(scope="module")
def others():
    """Images of another seed."""
    return render_smears(image_size=64, count=60, seed=9).images


@pytest.mark.parametrize("guise", GUISES)
def test_one_copy_among_many_images_alarms(split, others, guise):
    copy = GUISES[guise](split.test.images[[4]])
    found = find_test_copies(split, np.concatenate([others, copy]))
    assert found.alarm
    assert found.copies == 1
    assert np.flatnonzero(found.generated["flagged"]).tolist() == [len(others)]
    assert found.generated["nearest"].iloc[-1] == 4


def test_among_very_many_images_one_that_shows_the_same_alarms_though_chance_could_flag_one(split, others):
    found = find_test_copies(split, np.concatenate([*[others] * 12, compressed(split.test.images[[4]])]))
    assert found.p > 0.01
    assert (found.copies, found.alarm) == (1, True)


@pytest.mark.parametrize("width", [0, 1, 3, 5])
def test_other_images_are_no_copies_however_blurred(split, others, width):
    for images in (others, split.train.images):
        found = find_test_copies(split, blurred(images, width))
        assert (found.copies, found.alarm) == (0, False)


@needs_real_cells
def test_copies_of_real_cells_are_found_and_other_real_cells_are_none():
    cells = list_all_idb2(image_size=64, root=str(REAL_CELLS / "images")).load()
    split = split_images(cells, index=0, seed=0, test_fraction=0.4)
    others = split.train.part(range(0, len(split.train), 2)).images
    rest = replace(split, train=split.train.part(range(1, len(split.train), 2)))
    copies = np.concatenate([guise(split.test.images[:3]) for guise in GUISES.values()])
    found = find_test_copies(rest, np.concatenate([others, blurred(others, 3), copies]))
    flagged = found.generated["flagged"].to_numpy()
    assert flagged.tolist() == [False] * (2 * len(others)) + [True] * len(copies)
