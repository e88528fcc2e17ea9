"""Laws of other generators' images: their folders and tables mean one thing, or are refused in a sentence."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from leukgan.errors import InputError
from leukgan.generation import find_given

CLASSES = ("healthy", "leukemia")


def write(path, colour=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((16, 16, 3), colour, np.uint8)).save(path)


def names(root, index=0, classes=CLASSES):
    found = find_given(str(root), classes, index)
    return {name: [label for _, label in files] for name, files in found.of_class.items()}, found.per_split


def test_a_folder_for_each_class_holds_the_images_of_every_split(tmp_path):
    for name in ("healthy/b.png", "healthy/deep/a.JPG", "leukemia/seed0000.webp", "other/x.png"):
        write(tmp_path / name)
    (tmp_path / "healthy" / "network.pkl").write_bytes(b"")
    (tmp_path / "healthy" / ".hidden.png").write_bytes(b"")
    expected = {"healthy": ["healthy/b.png", "healthy/deep/a.JPG"], "leukemia": ["leukemia/seed0000.webp"]}
    assert names(tmp_path, 0) == names(tmp_path, 7) == (expected, False)


@pytest.mark.parametrize("called", ["split-03", "split_3", "3", "03", "003"])
def test_a_split_has_the_images_of_the_folder_with_its_number(tmp_path, called):
    for split in ("split-01", called):
        for name in CLASSES:
            write(tmp_path / split / name / "0.png")
    assert names(tmp_path, 3) == ({name: [f"{called}/{name}/0.png"] for name in CLASSES}, True)
    with pytest.raises(InputError, match="and one for split 2 is needed; add split-02"):
        find_given(str(tmp_path), CLASSES, 2)


def test_a_split_with_two_folders_is_refused(tmp_path):
    for split in ("split-00", "0"):
        write(tmp_path / split / "healthy" / "0.png")
    with pytest.raises(InputError, match="has the folders 0, split-00, and one for split 0 is needed"):
        find_given(str(tmp_path), CLASSES, 0)


def test_classes_that_are_called_by_numbers_are_no_splits(tmp_path):
    for name in ("0/a.png", "1/a.png"):
        write(tmp_path / name)
    assert names(tmp_path, 0, classes=("0", "1")) == ({"0": ["0/a.png"], "1": ["1/a.png"]}, False)


def test_a_class_without_a_folder_is_named_beside_those_that_are_there(tmp_path):
    write(tmp_path / "Healthy" / "a.png")
    with pytest.raises(InputError, match=r"has the folders Healthy, and data\.classes asks for 'healthy'"):
        find_given(str(tmp_path), CLASSES, 0)


@pytest.mark.parametrize("label", ["class", "label"])
def test_a_table_names_image_class_and_perhaps_split(tmp_path, label):
    rows = [("a.png", "healthy", "split-00"), ("in/b.png", "leukemia", "0"), ("c.png", "healthy", "1")]
    for name, _, _ in rows:
        write(tmp_path / name)
    table = pd.DataFrame(rows, columns=["image", label, "split"])
    table.to_csv(tmp_path / "given.csv", index=False)
    assert names(tmp_path / "given.csv") == ({"healthy": ["a.png"], "leukemia": ["in/b.png"]}, True)

    table.drop(columns="split").to_csv(tmp_path / "given.csv", index=False)
    assert names(tmp_path / "given.csv", 5) == ({"healthy": ["a.png", "c.png"], "leukemia": ["in/b.png"]}, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,kind\na.png,healthy\n", "has no column class, but image, kind"),
        ("file,class\na.png,healthy\n", "has no column image, but file, class"),
        ("image,class\na.png,Healthy\n", "has no image of healthy, but of Healthy"),
        ("image,class,split\na.png,healthy,4\n", "has for split 0 no image of healthy, but of none"),
        ("image,class\nb.png,healthy\na.png,leukemia\n", "move the csv file to the folder that they start from"),
        ('image,class\n"a.png', "can't be read as a csv file"),
    ],
)
def test_a_table_that_can_not_be_meant_is_refused(tmp_path, text, said):
    write(tmp_path / "a.png")
    (tmp_path / "given.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        find_given(str(tmp_path / "given.csv"), CLASSES, 0)


def test_the_first_images_of_each_class_are_decoded_to_the_size_asked_for(tmp_path):
    for number in range(3):
        write(tmp_path / "leukemia" / f"{number}.png", colour=number)
    found = find_given(str(tmp_path), ["leukemia"], 0)
    images = found.decode({"leukemia": 2}, classes=CLASSES, image_size=32)
    assert images.names == ("leukemia/0.png", "leukemia/1.png")
    assert images.images.shape == (2, 3, 32, 32)
    assert images.images.max(axis=(1, 2, 3)).tolist() == [0, 1]
    assert images.labels.tolist() == [1, 1]
    with pytest.raises(InputError, match="has 3 images of leukemia and 4 are needed"):
        found.decode({"leukemia": 4}, classes=CLASSES, image_size=32)
