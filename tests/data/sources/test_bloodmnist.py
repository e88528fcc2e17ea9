"""Laws of BloodMNIST's reader, on a small file in MedMNIST's format that is read through the package medmnist."""

import gc
import hashlib
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from leukgan.data.sources.bloodmnist import load_bloodmnist

CELLS = (
    *("basophil", "eosinophil", "erythroblast", "immature_granulocyte"),
    *("lymphocyte", "monocyte", "neutrophil", "platelet"),
)
COUNTS = {"train": 40, "val": 16, "test": 24}  # 5, 2 and 3 of each class


@pytest.fixture
def medmnist():
    return pytest.importorskip("medmnist", reason="the package medmnist, of the extra medmnist, is not installed")


@pytest.fixture
def write(tmp_path, medmnist):
    """Writes the file of a size and returns its arrays."""

    def written(size=64, name=None):
        rng = np.random.default_rng(size)
        arrays = {}
        for part, count in COUNTS.items():
            arrays[f"{part}_images"] = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
            arrays[f"{part}_labels"] = rng.permutation(np.arange(count) % 8).astype(np.uint8)[:, None]
        np.savez(tmp_path / (name or f"bloodmnist_{size}.npz"), **arrays)
        return arrays

    return written


@pytest.fixture
def load(tmp_path):
    return lambda **changes: load_bloodmnist(**{"image_size": 64, "root": str(tmp_path), "download": False} | changes)


@pytest.mark.parametrize(("image_size", "source_size"), [(64, 64), (32, 28), (32, 64)])
def test_images_are_those_of_the_two_classes_in_the_file_s_parts_and_order(write, load, image_size, source_size):
    arrays = write(source_size, "bloodmnist.npz" if source_size == 28 else None)
    made = load(image_size=image_size, source_size=source_size)
    place = 0
    for ours, theirs in (("train", "train"), ("validation", "val"), ("test", "test")):
        pixels, kinds = arrays[f"{theirs}_images"], arrays[f"{theirs}_labels"][:, 0]
        for position in np.flatnonzero(np.isin(kinds, (4, 5))):
            image = Image.fromarray(pixels[position]).resize((image_size,) * 2, Image.Resampling.BICUBIC)
            np.testing.assert_array_equal(made.images[place], np.asarray(image).transpose(2, 0, 1))
            assert made.labels[place] == kinds[position] - 4
            assert made.parts[place] == ours
            assert made.names[place] == f"{ours}-{position:05d}-{CELLS[kinds[position]]}"
            place += 1
    assert place == len(made) == 2 * (5 + 2 + 3)
    assert made.sha256 == tuple(hashlib.sha256(image.tobytes()).hexdigest() for image in made.images)
    assert (made.labels.dtype, made.classes, made.groups) == (np.int64, ("lymphocyte", "monocyte"), ())


def test_the_class_names_are_those_of_the_package(medmnist):
    known = medmnist.INFO["bloodmnist"]["label"]
    for number, name in enumerate(CELLS):
        assert known[str(number)].split("(")[0].strip().replace(" ", "_") in (name, "immature_granulocytes")


def test_the_smallest_size_that_suffices_is_read(write, load):
    arrays = {size: write(size, name) for size, name in ((28, "bloodmnist.npz"), (64, None), (128, None))}
    assert load(image_size=64).fingerprint() == load(image_size=64, source_size=64).fingerprint()
    assert load(image_size=32).fingerprint() == load(image_size=32, source_size=64).fingerprint()
    assert load(image_size=128).fingerprint() == load(image_size=128, source_size=128).fingerprint()
    assert load(image_size=32).fingerprint() != load(image_size=32, source_size=28).fingerprint()
    first = np.flatnonzero(np.isin(arrays[64]["train_labels"], (4, 5)))[0]
    np.testing.assert_array_equal(load().images[0], arrays[64]["train_images"][first].transpose(2, 0, 1))


def test_a_class_may_have_the_cells_of_several(write, load):
    write()
    members = {"granulocytes": ["basophil", "eosinophil", "neutrophil"], "others": "platelet"}
    made = load(classes=("granulocytes", "others"), members=members)
    cells = [name.split("-")[2] for name in made.names]
    assert {cell for cell, label in zip(cells, made.labels, strict=True) if label == 0} == set(members["granulocytes"])
    assert {cell for cell, label in zip(cells, made.labels, strict=True) if label == 1} == {"platelet"}
    assert np.bincount(made.labels).tolist() == [30, 10]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": ("lymphocyte", "blast")}, "BloodMNIST has the classes basophil, eosinophil, "),
        ({"members": {"lymphocyte": ["basophil", "blast"]}}, "and data.members asks for 'blast'."),
        ({"members": {"lymphocyte": ["monocyte", "basophil"]}}, "data.members has 'monocyte' in both classes"),
        ({"members": {"blast": ["basophil"]}}, "data.members has 'blast', which is none of data.classes"),
        ({"classes": ("monocyte",)}, "two different names"),
        ({"image_size": 28}, "power of two from 32 to 256, got 28"),
        ({"source_size": 100}, "data.source_size must be one of 28, 64, 128, 224, got 100."),
        ({"root": "absent"}, "data.root=absent is not a folder"),
    ],
)
def test_impossible_settings_are_refused(write, load, sentence_of, changes, words):
    write()
    assert words in sentence_of(lambda: load(**changes))


def test_a_missing_file_is_named_where_there_is_no_network(load, medmnist, tmp_path, sentence_of, monkeypatch):
    asked = []

    def unreachable(url, **given):
        asked.append(url)
        raise OSError("no network")

    monkeypatch.setattr("torchvision.datasets.utils.download_url", unreachable)
    assert sentence_of(load).startswith(f"{tmp_path}/bloodmnist_64.npz is missing")
    assert asked == []
    message = sentence_of(lambda: load(download=True))
    assert message.startswith(f"{tmp_path}/bloodmnist_64.npz is missing and could not be downloaded; ")
    assert len(asked) == 1


def test_a_file_that_is_there_is_not_downloaded(write, load, monkeypatch):
    monkeypatch.setattr("torchvision.datasets.utils.download_url", lambda *_, **__: pytest.fail("downloaded"))
    write()
    assert load(download=True).fingerprint() == load().fingerprint()


def test_the_home_folder_can_be_abbreviated(write, load, tmp_path, monkeypatch):
    write()
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    assert load(root=f"~/{tmp_path.name}").fingerprint() == load().fingerprint()


@pytest.fixture
def left_open():
    """NumPy does not close a file that it finds damaged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@pytest.mark.usefixtures("left_open")
@pytest.mark.parametrize("damage", ["empty", "no file", "half", "no end", "other arrays"])
def test_a_damaged_file_is_named(write, load, tmp_path, sentence_of, damage):
    write()
    path = tmp_path / "bloodmnist_64.npz"
    whole = path.read_bytes()
    parts = {"empty": b"", "no file": b"no file", "half": whole[: len(whole) // 2], "no end": whole[:-9]}
    if damage in parts:
        path.write_bytes(parts[damage])
    else:
        np.savez(path, pixels=np.zeros(3))
    assert sentence_of(load).startswith(f"{path} is not the file of MedMNIST (")


def test_without_the_package_the_extra_is_named(load, sentence_of, monkeypatch):
    monkeypatch.setitem(sys.modules, "medmnist", None)
    assert "pip install -e '.[medmnist]' in" in sentence_of(load)
