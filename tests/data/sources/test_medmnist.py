"""Laws of MedMNIST's reader beside BloodMNIST's, on small files in its format that are read through the package."""

import numpy as np
import pytest
from PIL import Image

from leukgan.data.sources.bloodmnist import load_bloodmnist
from leukgan.data.sources.medmnist import load_medmnist

COUNTS = {"train": 12, "val": 6, "test": 8}


@pytest.fixture
def medmnist():
    return pytest.importorskip("medmnist", reason="the package medmnist, of the extra medmnist, is not installed")


@pytest.fixture
def write(tmp_path, medmnist):
    """Writes a set's file of images of 64 pixels, as the package has them, and returns its arrays."""

    def written(flag):
        info, rng, arrays = medmnist.INFO[flag], np.random.default_rng(len(flag)), {}
        colours = (3,) if info["n_channels"] == 3 else ()
        for part, count in COUNTS.items():
            arrays[f"{part}_images"] = rng.integers(0, 256, (count, 64, 64, *colours), dtype=np.uint8)
            arrays[f"{part}_labels"] = (np.arange(count) % len(info["label"])).astype(np.uint8)[:, None]
        np.savez(tmp_path / f"{flag}_64.npz", **arrays)
        return arrays

    return written


@pytest.fixture
def load(tmp_path):
    return lambda **changes: load_medmnist(**{"image_size": 64, "root": str(tmp_path), "download": False} | changes)


@pytest.mark.parametrize(
    ("flag", "classes", "first"),
    [
        ("pneumoniamnist", ("normal", "pneumonia"), 0),
        ("breastmnist", ("normal_benign", "malignant"), 1),
        ("dermamnist", ("melanocytic_nevi", "melanoma"), 5),
        ("retinamnist", ("0", "3"), 0),
    ],
)
def test_each_set_has_its_classes_parts_and_colours(write, load, flag, classes, first):
    arrays = write(flag)
    made = load(flag=flag, classes=classes)
    assert made.classes == classes
    assert set(made.parts) == {"train", "validation", "test"}
    pixels = arrays["train_images"][first].reshape(64, 64, -1)
    place = made.names.index(f"train-{first:05d}-{classes[0]}")
    np.testing.assert_array_equal(made.images[place], np.broadcast_to(pixels, (64, 64, 3)).transpose(2, 0, 1))
    assert made.labels[place] == 0


def test_a_grey_image_is_resized_as_a_coloured_one_of_equal_channels(write, load):
    arrays = write("pneumoniamnist")
    made = load(flag="pneumoniamnist", classes=("normal", "pneumonia"), image_size=32, source_size=64)
    grey = Image.fromarray(arrays["train_images"][0]).convert("RGB").resize((32, 32), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(made.images[0], np.asarray(grey).transpose(2, 0, 1))


def test_bloodmnist_is_one_of_the_sets(write, load, tmp_path):
    write("bloodmnist")
    same = {"image_size": 64, "root": str(tmp_path), "download": False}
    made = load(flag="bloodmnist", classes=("lymphocyte", "monocyte"))
    assert made.fingerprint() == load_bloodmnist(**same).fingerprint()


def test_one_kind_stands_against_the_rest(write, load):
    write("dermamnist")
    made = load(flag="dermamnist", classes=("other", "melanoma"), members={"other": "*"})
    assert len(made) == sum(COUNTS.values())
    assert {name.split("-", 2)[2] for name, label in zip(made.names, made.labels, strict=True) if label} == {"melanoma"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"flag": "bloodminst"}, "data.flag must be bloodmnist, breastmnist, "),
        ({"flag": "chestmnist"}, "got 'chestmnist'"),
        ({"flag": "organmnist3d"}, "got 'organmnist3d'"),
        ({"flag": "breastmnist"}, "BreastMNIST has the classes malignant, normal_benign; write which two"),
        ({"flag": "breastmnist", "classes": ("benign", "malignant")}, "and data.classes asks for 'benign'."),
        ({"flag": "octmnist", "classes": ("normal", "drusen")}, "octmnist_64.npz is missing"),
    ],
)
def test_sets_and_classes_that_do_not_exist_are_refused(medmnist, load, sentence_of, changes, words):
    assert words in sentence_of(lambda: load(**changes))


def test_every_name_of_a_kind_is_usable_as_a_class(medmnist, load, sentence_of):
    """The error lists the kinds of each set of single-label pictures; every one of them passes as a class's name."""
    for flag, info in medmnist.INFO.items():
        if flag.endswith("3d") or flag == "chestmnist":
            continue
        said = sentence_of(lambda flag=flag: load(flag=flag))
        kinds = said.partition("the classes ")[2].partition(";")[0].split(", ")
        assert len(set(kinds)) == len(info["label"])
        assert "is missing" in sentence_of(lambda flag=flag, kinds=kinds: load(flag=flag, classes=kinds[:2]))
