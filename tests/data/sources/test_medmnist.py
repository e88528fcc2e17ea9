"""Laws of MedMNIST's reader, on small files in its format that are read through the package medmnist."""

import gc
import hashlib
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from leukgan.data.sources.bloodmnist import load_bloodmnist
from leukgan.data.sources.medmnist import load_medmnist

CELLS = (
    *("basophil", "eosinophil", "erythroblast", "immature_granulocyte"),
    *("lymphocyte", "monocyte", "neutrophil", "platelet"),
)
COUNTS = {"train": 40, "val": 16, "test": 24}  # of BloodMNIST 5, 2 and 3 of each class


@pytest.fixture
def medmnist():
    return pytest.importorskip("medmnist", reason="the package medmnist, of the extra medmnist, is not installed")


@pytest.fixture
def write(tmp_path, medmnist):
    """Writes the file of a set and a size and returns its arrays."""

    def written(size=64, flag="bloodmnist"):
        info, rng, arrays = medmnist.INFO[flag], np.random.default_rng(size), {}
        colours = (3,) if info["n_channels"] == 3 else ()
        for part, count in COUNTS.items():
            arrays[f"{part}_images"] = rng.integers(0, 256, (count, size, size, *colours), dtype=np.uint8)
            labels = np.arange(count) % len(info["label"])
            arrays[f"{part}_labels"] = rng.permutation(labels).astype(np.uint8)[:, None]
        np.savez(tmp_path / (f"{flag}_{size}.npz" if size > 28 else f"{flag}.npz"), **arrays)
        return arrays

    return written


@pytest.fixture
def load(tmp_path):
    """BloodMNIST, or the set that a flag names."""

    def loaded(**changes):
        reader = load_medmnist if "flag" in changes else load_bloodmnist
        return reader(**{"image_size": 64, "root": str(tmp_path), "download": False} | changes)

    return loaded


@pytest.mark.parametrize(("image_size", "source_size"), [(64, 64), (32, 28), (32, 64)])
def test_images_are_those_of_the_two_classes_in_the_file_s_parts_and_order(write, load, image_size, source_size):
    arrays = write(source_size)
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
    arrays = {size: write(size) for size in (28, 64, 128)}
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
        ({"flag": "bloodminst"}, "data.flag must be bloodmnist, breastmnist, "),
        ({"flag": "chestmnist"}, "got 'chestmnist'"),
        ({"flag": "organmnist3d"}, "got 'organmnist3d'"),
        ({"flag": "breastmnist"}, "BreastMNIST has the classes malignant, normal_benign; write which two"),
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


@pytest.mark.parametrize(
    ("flag", "classes", "label"),
    [
        ("pneumoniamnist", ("normal", "pneumonia"), 0),
        ("breastmnist", ("normal_benign", "malignant"), 1),
        ("dermamnist", ("melanocytic_nevi", "melanoma"), 5),
        ("retinamnist", ("0", "3"), 0),
        ("bloodmnist", ("lymphocyte", "monocyte"), 4),
    ],
)
def test_each_set_has_its_classes_parts_and_colours(write, load, flag, classes, label):
    arrays = write(flag=flag)
    first = int(np.flatnonzero(arrays["train_labels"][:, 0] == label)[0])
    made = load(flag=flag, classes=classes)
    assert made.classes == classes
    assert set(made.parts) == {"train", "validation", "test"}
    pixels = arrays["train_images"][first].reshape(64, 64, -1)
    place = made.names.index(f"train-{first:05d}-{classes[0]}")
    np.testing.assert_array_equal(made.images[place], np.broadcast_to(pixels, (64, 64, 3)).transpose(2, 0, 1))
    assert made.labels[place] == 0


def test_a_grey_image_is_resized_as_a_coloured_one_of_equal_channels(write, load):
    arrays = write(flag="pneumoniamnist")
    made = load(flag="pneumoniamnist", classes=("normal", "pneumonia"), image_size=32, source_size=64)
    grey = Image.fromarray(arrays["train_images"][0]).convert("RGB").resize((32, 32), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(made.images[0], np.asarray(grey).transpose(2, 0, 1))


def test_every_name_of_a_kind_is_usable_as_a_class(medmnist, load, sentence_of):
    """The error lists the kinds of each set of single-label pictures; every one of them passes as a class's name."""
    for flag, info in medmnist.INFO.items():
        if flag.endswith("3d") or flag == "chestmnist":
            continue
        said = sentence_of(lambda flag=flag: load(flag=flag))
        kinds = said.partition("the classes ")[2].partition(";")[0].split(", ")
        assert len(set(kinds)) == len(info["label"])
        assert "is missing" in sentence_of(lambda flag=flag, kinds=kinds: load(flag=flag, classes=kinds[:2]))
