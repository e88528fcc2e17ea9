"""Laws of loading: each file is decoded once, the cache changes nothing, and what shows the same is one group."""

import dataclasses
import hashlib
import multiprocessing

import numpy as np
import pytest
from PIL import Image

import leukgan.data.loading
from leukgan.data.decoding import decode, resize_to_square
from leukgan.data.duplicates import near_duplicates
from leukgan.data.loading import ImageFile, ImageFiles, cached, load_grouped, repeats_in
from leukgan.data.sources.smears import render_smears

ARRAY = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 4), dtype=np.uint8)


@pytest.fixture
def files(write_images):
    names = ("a.png", "b.tif", "c.bmp", "d.png")
    folder = write_images(*names)
    listed = [ImageFile(folder / n, f"cells/{n}", i % 2, f"patient {i // 2}") for i, n in enumerate(names)]
    return ImageFiles(tuple(listed), ("healthy", "leukemia"), 32, "data.root=cells")


@pytest.fixture(scope="module")
def smears():
    return render_smears(image_size=32, count=24)


@pytest.fixture(scope="module")
def twins(smears):
    """Smears, of which the first and the third healthy one show the same, turned."""
    images = smears.images.copy()
    images[4] = np.rot90(images[0], axes=(1, 2))
    return dataclasses.replace(smears, images=images)


def contents(images):
    return dataclasses.asdict(images) | {"images": images.images.tobytes(), "labels": images.labels.tolist()}


def groups_of(images):
    """The indices of each group of more than one image."""
    groups = {}
    for index, group in enumerate(images.groups):
        groups.setdefault(group, set()).add(index)
    return [indices for indices in groups.values() if len(indices) > 1]


def never():
    raise AssertionError("made again")


def test_each_file_is_decoded_and_fitted_and_keeps_what_is_known_of_it(files):
    told = []
    images = files.load(progress=lambda *words_and_count: told.append(words_and_count))
    for position, file in enumerate(files.files):
        data = file.path.read_bytes()
        np.testing.assert_array_equal(images.images[position], resize_to_square(decode(data, file.path).pixels, 32))
        assert images.sha256[position] == hashlib.sha256(data).hexdigest()
    assert images.names == ("cells/a.png", "cells/b.tif", "cells/c.bmp", "cells/d.png")
    assert images.labels.tolist() == [0, 1, 0, 1]
    assert (images.images.dtype, images.labels.dtype) == (np.uint8, np.int64)
    assert images.groups == ("patient 0", "patient 0", "patient 1", "patient 1")
    assert (images.classes, images.parts) == (("healthy", "leukemia"), ())
    assert told == [(f"reading image {number} of 4", number, 4) for number in (1, 2, 3, 4)]


def test_the_cache_changes_nothing_and_decodes_once(files, tmp_path, monkeypatch):
    decoded = []
    monkeypatch.setattr(leukgan.data.loading, "decode", lambda *given: decoded.append(given[1].name) or decode(*given))
    expected = files.load()
    first, second = files.load(tmp_path / "cache"), files.load(tmp_path / "cache")
    assert contents(first) == contents(second) == contents(expected)
    assert decoded == [file.path.name for file in files.files] * 2  # without a cache, and the first time with it


def test_the_cache_knows_the_bytes_the_size_the_order_and_the_rules(files, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    before = files.load(cache)
    assert dataclasses.replace(files, image_size=64).load(cache).images.shape == (4, 3, 64, 64)
    turned = dataclasses.replace(files, files=files.files[::-1])
    np.testing.assert_array_equal(turned.load(cache).images, before.images[::-1])
    assert len(list(cache.iterdir())) == 3

    monkeypatch.setattr(leukgan.data.loading, "RULES", leukgan.data.loading.RULES + 1)
    files.load(cache)
    monkeypatch.setattr("PIL.__version__", "0")
    files.load(cache)
    assert len(list(cache.iterdir())) == 5

    Image.new("RGB", (40, 40), (200, 100, 50)).save(files.files[2].path)
    after = files.load(cache)
    assert (after.images[2, :, 16, 16] == (200, 100, 50)).all()
    assert [a != b for a, b in zip(after.sha256, before.sha256, strict=True)] == [False, False, True, False]
    assert after.fingerprint() != before.fingerprint()


def test_labels_names_and_groups_are_not_the_cache_s(files, tmp_path):
    files.load(tmp_path / "cache")
    other = [dataclasses.replace(f, label=1 - f.label, name=f"x{f.name}", group="one") for f in files.files]
    images = dataclasses.replace(files, files=tuple(other), classes=("b", "a")).load(tmp_path / "cache")
    assert images.labels.tolist() == [1, 0, 1, 0]
    assert (images.groups, images.names[0], images.classes) == (("one",) * 4, "xcells/a.png", ("b", "a"))


def test_one_class_alone_is_refused_before_a_file_is_read(files, sentence_of):
    ghosts = [dataclasses.replace(file, path=file.path / "absent") for file in files.files]
    for label, name in enumerate(files.classes):
        one = dataclasses.replace(files, files=tuple(file for file in ghosts if file.label != label))
        message = sentence_of(one.load)
        assert message == f"data.root=cells has images of one class only, none of {name} among 2; both are needed."


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), (b"", "is empty"), (b"text", "is no image")])
def test_a_file_that_is_no_image_is_named_and_nothing_is_stored(files, tmp_path, sentence_of, content, words):
    path = files.files[1].path
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    message = sentence_of(lambda: files.load(tmp_path / "cache"))
    assert f"the file {path} {words}" in message
    assert not (tmp_path / "cache").exists()


def test_images_that_show_the_same_are_in_one_group_and_others_are_not(twins):
    assert groups_of(load_grouped(twins, repeats=True, block=None)) == [{0, 4}]
    assert groups_of(load_grouped(twins, repeats=False, block=None)) == []


def test_blocks_and_the_data_s_own_are_groups_besides(twins):
    assert groups_of(load_grouped(twins, repeats=True, block=4))[0] == set(range(8))
    own = dataclasses.replace(twins, groups=tuple(f"patient {i // 6}" for i in range(24)))
    made = load_grouped(own, repeats=True, block=None)
    assert [len(indices) for indices in groups_of(made)] == [6] * 4
    assert made.fingerprint() == twins.fingerprint()


def test_repeats_are_looked_for_once_for_the_same_images(twins, smears, tmp_path, monkeypatch):
    looked, told = [], []
    monkeypatch.setattr(
        leukgan.data.loading, "near_duplicates", lambda x, show: looked.append(len(x)) or near_duplicates(x, show)
    )
    for _ in range(2):
        made = load_grouped(
            twins,
            repeats=True,
            block=None,
            cache=tmp_path,
            progress=lambda *words_and_count: told.append(words_and_count),
        )
        assert groups_of(made) == [{0, 4}]
        assert repeats_in(smears, tmp_path) == []
    assert looked == [24, 24]
    words = "looking for images that show the same among 24"
    assert told == [(words,), (words, 276, 276), (words,)]  # 276 pairs


@pytest.mark.parametrize(
    "array", [ARRAY, np.zeros((0, 2), np.int64), np.array(3.5), np.asfortranarray(np.eye(3)[:, :2])]
)
def test_the_second_time_an_array_is_not_made_again(tmp_path, array):
    for make in (lambda: array, never):
        found = cached(tmp_path, "key", make)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found, array)
    cached(tmp_path, "key", never)[...] = 0  # the user's own
    np.testing.assert_array_equal(cached(tmp_path, "key", never), array)


def test_another_key_has_another_array(tmp_path):
    cached(tmp_path, "one", lambda: ARRAY)
    np.testing.assert_array_equal(cached(tmp_path, "other", lambda: ARRAY + 1), ARRAY + 1)
    np.testing.assert_array_equal(cached(tmp_path, "one", never), ARRAY)


def test_without_a_folder_nothing_is_stored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for array in (ARRAY, ARRAY + 1):
        np.testing.assert_array_equal(cached(None, "key", lambda array=array: array), array)
    assert not list(tmp_path.iterdir())


def test_a_file_damaged_anywhere_is_made_anew(tmp_path):
    cached(tmp_path, "key", lambda: ARRAY)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    places = [*range(0, len(whole), 23), len(whole) - 1]
    changed = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in places]
    for damaged in (*changed, b"", whole[:20], whole[:-1], whole + b"\0", b"\n".join(whole.split(b"\n")[1:])):
        path.write_bytes(damaged)
        made = []
        np.testing.assert_array_equal(cached(tmp_path, "key", lambda made=made: made.append(1) or ARRAY), ARRAY)
        assert made == [1]
        assert path.read_bytes() == whole


def test_what_cannot_be_made_or_stored_leaves_nothing(tmp_path, monkeypatch):
    with pytest.raises(AssertionError):
        cached(tmp_path, "key", never)
    with pytest.raises(ValueError, match="pickle"):
        cached(tmp_path, "key", lambda: np.array([{}, None], dtype=object))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("leukgan.run_folder.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        cached(tmp_path, "key", lambda: ARRAY)
    assert not list(tmp_path.iterdir())


def store_often(folder, barrier, results):
    large = np.random.default_rng(1).integers(0, 256, 2_000_000, dtype=np.uint8)
    for turn in range(5):
        barrier.wait(60)
        results.put(bool((cached(folder, f"turn {turn}", lambda: large) == large).all()))


def test_two_processes_at_once_do_no_harm(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [context.Process(target=store_often, args=(tmp_path, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    assert all(results.get(timeout=120) for _ in range(10))
    for worker in workers:
        worker.join()
    assert len(list(tmp_path.iterdir())) == 5  # nothing is left aside
