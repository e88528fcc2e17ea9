"""Laws of a folder of generated images: it is what the GAN draws, all of it, and nobody has touched it since."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from leukgan.errors import InputError
from leukgan.gans import WGANGP
from leukgan.generation import read_generated, write_generated
from leukgan.run_folder.paths import MANIFEST

CLASSES = ("healthy", "leukemia")
CHECKPOINT = "c" * 64


@pytest.fixture(scope="module")
def gan():
    return WGANGP(image_size=32, latent_size=8, critic_width=4, generator_width=16)


@pytest.fixture
def folder(gan, tmp_path):
    write(gan, tmp_path)
    return tmp_path


def write(gan, folder, count=5, seed=7):
    pool = gan.sample(count, seed=seed)
    origin = pd.DataFrame({"seed": [seed] * count, "checkpoint": CHECKPOINT})
    return write_generated(pool, np.arange(count), folder, class_name="leukemia", label=1, origin=origin)


def test_what_is_read_is_what_the_gan_draws(gan, folder):
    data = read_generated(folder, classes=CLASSES)
    np.testing.assert_array_equal(data.images, gan.sample(5, seed=7))
    assert data.images.dtype == np.uint8
    assert data.labels.tolist() == [1] * 5
    assert data.labels.dtype == np.int64
    assert data.names == tuple(f"leukemia_{i:05d}.png" for i in range(5))
    assert data.classes == CLASSES


def test_the_manifest_says_where_each_image_comes_from(folder):
    table = pd.read_csv(folder / MANIFEST)
    assert list(table) == ["image", "class", "label", "index", "sha256", "seed", "checkpoint"]
    assert table["index"].tolist() == list(range(5))
    for column, value in (("class", "leukemia"), ("label", 1), ("seed", 7), ("checkpoint", CHECKPOINT)):
        assert set(table[column]) == {value}
    for name, digest in zip(table["image"], table["sha256"], strict=True):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_writing_twice_gives_the_same_bytes(gan, folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert write(gan, folder) == folder / MANIFEST
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_images_of_an_earlier_run_are_gone(gan, folder):
    write(gan, folder, count=2, seed=8)
    assert sorted(path.name for path in folder.iterdir()) == ["leukemia_00000.png", "leukemia_00001.png", MANIFEST]


def test_a_folder_that_was_not_finished_has_no_manifest(gan, folder, monkeypatch):
    def fail(image):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("leukgan.generation.folder.png_bytes", fail)
    with pytest.raises(OSError, match="No space"):
        write(gan, folder)
    assert list(folder.iterdir()) == []
    with pytest.raises(InputError, match=rf"^{folder} has no {MANIFEST}; "):
        read_generated(folder, classes=CLASSES)


def test_an_image_that_was_changed_or_removed_is_refused(folder):
    path = folder / "leukemia_00003.png"
    pixels = np.asarray(Image.open(path)).copy()
    pixels[0, 0, 0] ^= 1
    Image.fromarray(pixels).save(path)
    with pytest.raises(InputError, match=r"leukemia_00003\.png is missing or not the image that was generated"):
        read_generated(folder, classes=CLASSES)
    path.unlink()
    with pytest.raises(InputError, match=r"leukemia_00003\.png is missing"):
        read_generated(folder, classes=CLASSES)


def test_an_image_that_was_added_is_not_read(folder):
    Image.new("RGB", (32, 32)).save(folder / "leukemia_00009.png")
    assert len(read_generated(folder, classes=CLASSES)) == 5


def test_only_the_chosen_images_of_a_pool_are_written_under_their_places(gan, tmp_path):
    pool = gan.sample(6, seed=1)
    origin = pd.DataFrame({"seed": [1, 1], "checkpoint": CHECKPOINT})
    write_generated(pool, np.array([1, 4]), tmp_path, class_name="leukemia", label=1, origin=origin)
    data = read_generated(tmp_path, classes=CLASSES)
    assert data.names == ("leukemia_00001.png", "leukemia_00004.png")
    np.testing.assert_array_equal(data.images, pool[[1, 4]])
