"""Laws of files that become images: each once, in their order, by their bytes alone, and the same from the cache."""

import dataclasses
import hashlib

import numpy as np
import pytest
from PIL import Image

import leukgan.data.loading
from leukgan.data.decoding import decode, resize_to_square
from leukgan.data.loading import ImageFile, ImageFiles


@pytest.fixture
def files(write_images):
    names = ("a.png", "b.tif", "c.bmp", "d.png")
    folder = write_images(*names)
    listed = [ImageFile(folder / n, f"cells/{n}", i % 2, f"patient {i // 2}") for i, n in enumerate(names)]
    return ImageFiles(tuple(listed), ("healthy", "leukemia"), 32, "data.root=cells")


def contents(images):
    return dataclasses.asdict(images) | {"images": images.images.tobytes(), "labels": images.labels.tolist()}


def test_each_file_is_decoded_and_fitted_and_keeps_what_is_known_of_it(files):
    images = files.load()
    for position, file in enumerate(files.files):
        data = file.path.read_bytes()
        np.testing.assert_array_equal(images.images[position], resize_to_square(decode(data, file.path).pixels, 32))
        assert images.sha256[position] == hashlib.sha256(data).hexdigest()
    assert images.names == ("cells/a.png", "cells/b.tif", "cells/c.bmp", "cells/d.png")
    assert images.labels.tolist() == [0, 1, 0, 1]
    assert (images.images.dtype, images.labels.dtype) == (np.uint8, np.int64)
    assert images.groups == ("patient 0", "patient 0", "patient 1", "patient 1")
    assert (images.classes, images.parts) == (("healthy", "leukemia"), ())


def test_the_cache_changes_nothing_and_decodes_once(files, tmp_path, monkeypatch):
    decoded = []
    monkeypatch.setattr(leukgan.data.loading, "decode", lambda *given: decoded.append(given[1].name) or decode(*given))
    expected = files.load()
    first, second = files.load(tmp_path / "cache"), files.load(tmp_path / "cache")
    assert contents(first) == contents(second) == contents(expected)
    assert first.fingerprint() == second.fingerprint() == expected.fingerprint()
    assert decoded == [file.path.name for file in files.files] * 2  # without a cache, and the first time with it


def test_other_bytes_of_one_file_give_other_images(files, tmp_path):
    before = files.load(tmp_path / "cache")
    path = files.files[2].path
    Image.new("RGB", (40, 40), (200, 100, 50)).save(path)
    after = files.load(tmp_path / "cache")
    assert (after.images[2, :, 16, 16] == (200, 100, 50)).all()
    assert [a != b for a, b in zip(after.sha256, before.sha256, strict=True)] == [False, False, True, False]
    assert after.fingerprint() != before.fingerprint()
    np.testing.assert_array_equal(after.images[[0, 1, 3]], before.images[[0, 1, 3]])


def test_the_cache_knows_the_size_the_order_and_the_rules(files, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    before = files.load(cache)
    larger = dataclasses.replace(files, image_size=64)
    assert larger.load(cache).images.shape == (4, 3, 64, 64)
    turned = dataclasses.replace(files, files=files.files[::-1])
    np.testing.assert_array_equal(turned.load(cache).images, before.images[::-1])
    assert len(list(cache.iterdir())) == 3
    monkeypatch.setattr(leukgan.data.loading, "RULES", leukgan.data.loading.RULES + 1)
    files.load(cache)
    monkeypatch.setattr("PIL.__version__", "0")
    files.load(cache)
    assert len(list(cache.iterdir())) == 5


def test_labels_names_and_groups_are_not_the_cache_s(files, tmp_path):
    files.load(tmp_path / "cache")
    other = [dataclasses.replace(f, label=1 - f.label, name=f"x{f.name}", group="one") for f in files.files]
    images = dataclasses.replace(files, files=tuple(other), classes=("b", "a")).load(tmp_path / "cache")
    assert images.labels.tolist() == [1, 0, 1, 0]
    assert images.groups == ("one",) * 4
    assert images.names[0] == "xcells/a.png"
    assert images.classes == ("b", "a")


def test_progress_is_told_file_by_file(files):
    told = []
    files.load(progress=told.append)
    assert told == [f"reading image {number} of 4" for number in (1, 2, 3, 4)]


def test_one_class_alone_is_refused_before_a_file_is_read(files, sentence_of):
    ghosts = [dataclasses.replace(file, path=file.path / "absent") for file in files.files]
    for label, name in enumerate(files.classes):
        one = dataclasses.replace(files, files=tuple(file for file in ghosts if file.label != label))
        message = sentence_of(one.load)
        assert message == f"data.root=cells has images of one class only, none of {name} among 2; both are needed."


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), (b"", "is empty"), (b"text", "is no image")])
def test_a_file_that_is_no_image_is_named_and_nothing_is_kept(files, tmp_path, sentence_of, content, words):
    path = files.files[1].path
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    message = sentence_of(lambda: files.load(tmp_path / "cache"))
    assert f"the file {path} {words}" in message
    assert not (tmp_path / "cache").exists()
