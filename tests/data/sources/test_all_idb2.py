"""Laws of the reader of ALL-IDB2: which files are images of which class, and that bad input is one sentence."""

import hashlib

import numpy as np
import pytest
from real_files import REAL_CELLS, needs_real_cells

from leukgan.data.sources.all_idb2 import list_all_idb2

NAMES = ("Im003_0.tif", "Im001_1.tif", "Im002_1.tif", "Im004_0.tif")


@pytest.fixture
def folder(write_images):
    return write_images(*NAMES)


def listed(root, **changes):
    return list_all_idb2(**{"image_size": 32, "root": root and str(root)} | changes)


def test_images_come_sorted_by_name_with_their_labels_and_digests(folder):
    data = listed(folder).load()
    assert data.names == ("Im001_1.tif", "Im002_1.tif", "Im003_0.tif", "Im004_0.tif")
    assert data.labels.tolist() == [1, 1, 0, 0]
    assert data.labels.dtype == np.int64
    assert data.images.shape == (4, 3, 32, 32)
    assert data.images.dtype == np.uint8
    assert data.sha256[2] == hashlib.sha256((folder / "Im003_0.tif").read_bytes()).hexdigest()
    assert data.classes == ("healthy", "leukemia")
    assert data.groups == data.names


def test_other_files_and_hidden_files_are_left_alone_and_told(folder, write_images):
    before = listed(folder).load().fingerprint()
    (folder / "Readme.txt").write_text("read me")
    (folder / "._Im001_1.tif").write_text("left by a Mac")
    write_images("more/Im005_1.tif")
    made = listed(folder)
    assert made.load().fingerprint() == before
    assert made.ignored == ("._Im001_1.tif", "Readme.txt")


def test_the_parent_of_the_images_folder_will_do(write_images):
    folder = write_images(*(f"images/{name}" for name in NAMES))
    for name in ("labels.csv", ".hidden/Im001_0.tif", "__MACOSX/._Im001_1.tif", "empty/Readme.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("no image")
    assert listed(folder).load().fingerprint() == listed(folder / "images").load().fingerprint()


def test_two_folders_of_images_are_refused(write_images, sentence_of):
    folder = write_images("img/Im001_0.tif", "old/Im001_1.tif")
    assert f"data.root={folder} has 2 folders with .tif files (img, old); " in sentence_of(lambda: listed(folder))


def test_the_home_folder_can_be_abbreviated(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert len(listed(f"~/{folder.name}").files) == 4


def test_a_wrong_root_size_or_class_is_named(tmp_path, sentence_of):
    (tmp_path / "file").touch()
    assert "data.root=<folder>" in sentence_of(lambda: listed(None))
    for name in ("absent", "file"):
        assert f"{tmp_path}/{name} is not a folder" in sentence_of(lambda name=name: listed(tmp_path / name))
    assert f"data.root={tmp_path} has no image" in sentence_of(lambda: listed(tmp_path))
    assert "got 100;" in sentence_of(lambda: listed(tmp_path, image_size=100))
    assert "two different names" in sentence_of(lambda: listed(tmp_path, classes=("same", "same")))


@pytest.mark.parametrize("name", ["cell.tif", "Im1_0.tif", "Im001_2.tif", "Im001_0.tiff", "xIm001_0.tif"])
def test_a_wrong_name_is_told(folder, sentence_of, name):
    (folder / "Im001_1.tif").rename(folder / name)
    message = sentence_of(lambda: listed(folder))
    assert "has 1 .tif file(s) not named" in message
    assert repr(name) in message


def test_a_dangling_link_is_no_missing_image(folder, sentence_of):
    path = folder / "Im005_1.tif"
    path.symlink_to(folder / "moved_away.tif")
    assert f"the file {path} cannot be read" in sentence_of(listed(folder).load)


def test_a_table_tells_the_groups_of_images_that_it_names(folder):
    (folder / "patients.csv").write_text(
        "file,patient,slide\nIm001_1.tif,p,1\nIm003_0.tif,q,1\nIm002_1.tif,,\nIm9.tif,p,\n"
    )
    settings = {"table": str(folder / "patients.csv"), "image_column": "file"}
    one, two, three, four = (
        file.group for file in listed(folder, **settings, group_columns=["patient", "slide"]).files
    )
    assert one == three
    assert len({one, two, four}) == 3
    assert len({file.group for file in listed(folder, **settings, group_columns="patient").files}) == 4


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "name its columns in data.group_columns"),
        ({"group_columns": ["patient"], "image_column": "patient"}, "groups no image of data.root="),
        ({"group_columns": ["slide"]}, "has no column 'slide'; it has image, patient."),
        ({"group_columns": ["patient"], "image_column": "file"}, "has no column 'file'; it has image, patient."),
        ({"group_columns": ["patient"], "table": None}, "add data.table=<file>"),
    ],
)
def test_a_table_that_groups_nothing_is_refused(folder, sentence_of, settings, words):
    (folder / "patients.csv").write_text("image,patient\nIm001_1.tif,p\nIm003_0.tif,q\n")
    settings = {"table": str(folder / "patients.csv")} | settings
    assert words in sentence_of(lambda: listed(folder, **settings))


@needs_real_cells
def test_real_cells_in_this_layout_are_read():
    made = listed(REAL_CELLS, classes=("lymphocyte", "monocyte"))
    assert np.bincount([file.label for file in made.files]).tolist() == [100, 100]
    assert made.where == f"data.root={REAL_CELLS}"
