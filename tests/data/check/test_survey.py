"""Laws of the survey: every file has its row, what is wrong is said and stops nothing."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from leukgan.data.appearance import SURROUNDINGS, surroundings
from leukgan.data.check.survey import survey
from leukgan.data.sources.folder import list_folder
from leukgan.data.sources.smears import render_smears


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name, shape in (
        ("a/1.png", (40, 40, 3)),
        ("a/2.tif", (50, 30, 3)),
        ("b/1.png", (40, 40, 4)),
        ("b/2.jpg", (64, 64, 3)),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(path)
    return tmp_path


def listed(folder):
    return list_folder(root=str(folder), classes=("a", "b"), image_size=32)


def test_every_file_has_its_row_with_what_it_is(folder):
    table = survey(listed(folder)).table.set_index("image")
    assert list(table.index) == ["a/1.png", "a/2.tif", "b/1.png", "b/2.jpg"]
    assert table["format"].tolist() == ["PNG", "TIFF", "PNG", "JPEG"]
    assert table["mode"].tolist() == ["RGB", "RGB", "RGBA", "RGB"]
    assert table["width"].tolist() == [40, 30, 40, 64]
    assert table["height"].tolist() == [40, 50, 40, 64]
    assert table["class"].tolist() == ["a", "a", "b", "b"]
    assert table["label"].tolist() == [0, 0, 1, 1]
    assert table.loc["b/1.png", "conversions"] == "transparency dropped"
    assert table["problem"].tolist() == [""] * 4
    data = (folder / "a/2.tif").read_bytes()
    assert table.loc["a/2.tif", ["bytes", "sha256"]].tolist() == [len(data), hashlib.sha256(data).hexdigest()]


def test_the_images_are_those_that_a_study_loads(folder):
    assert survey(listed(folder)).images.fingerprint() == listed(folder).load().fingerprint()


def test_a_file_that_can_t_be_used_is_told_and_stops_nothing(folder):
    (folder / "a/2.tif").write_bytes(b"no image")
    (folder / "a/3.png").write_bytes(b"")
    found = survey(listed(folder))
    problems = found.table.set_index("image")["problem"]
    assert problems["a/2.tif"] == f"the file {folder / 'a/2.tif'} is no image; replace or remove it."
    assert problems["a/3.png"] == f"the file {folder / 'a/3.png'} is empty; replace or remove it."
    assert found.images.names == ("a/1.png", "b/1.png", "b/2.jpg")
    assert found.images.labels.tolist() == [0, 1, 1]


def test_images_that_are_no_files_are_surveyed_too():
    cells = render_smears(image_size=32, count=6)
    seen = []
    found = survey(cells, lambda *work: seen.append(work))
    assert found.images is cells
    assert found.table["image"].tolist() == list(cells.names)
    assert found.table["width"].tolist() == [32] * 6
    assert seen == [(f"reading image {number} of 6", number, 6) for number in range(1, 7)]


def test_the_surroundings_are_those_of_the_corners_alone():
    image = np.full((3, 32, 32), 200, np.uint8)
    image[:, 6:26, 6:26] = 10
    image[2] = 180
    flat = surroundings(image)
    assert flat == dict(zip(SURROUNDINGS, (200.0, 200.0, 180.0, 0.0, 0.0), strict=True))
    image[:, 1, 1] = 90
    assert surroundings(image)["surroundings_contrast"] > 0
    assert surroundings(image)["surroundings_sharpness"] > 0


def test_blur_lowers_the_sharpness_of_the_surroundings_and_not_their_colour():
    rng = np.random.default_rng(0)
    image = rng.integers(100, 200, (3, 64, 64), dtype=np.uint8)
    blurred = np.asarray(Image.fromarray(image.transpose(1, 2, 0)).resize((16, 16)).resize((64, 64))).transpose(2, 0, 1)
    sharp, soft = surroundings(image), surroundings(blurred)
    assert soft["surroundings_sharpness"] < 0.5 * sharp["surroundings_sharpness"]
    doubled = surroundings((image // 2).astype(np.uint8))
    assert doubled["background_red"] == pytest.approx(sharp["background_red"] / 2, abs=1)
    assert doubled["surroundings_sharpness"] == pytest.approx(sharp["surroundings_sharpness"], rel=0.02)
